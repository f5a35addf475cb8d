import { describe, expect, test } from 'vitest'
import { emitNeighbourSolicitation } from '../../../runtime/wire/neighbour-solicitation.ts'
import { toHex } from './hex.ts'

/** That of Linux, captured by tcpdump, but for the traffic class: c0, as all that we send. */
const LINUX =
  '3333 ffb2 c3d4 0200 0000 0001 86dd 6c00 0000 0020 3aff fe80 0000 0000 0000 0000 0000 0000 0001 ff02 0000 0000 0000 ' +
  '0000 0001 ffb2 c3d4 8700 2155 0000 0000 2001 0db8 0000 0000 0000 0000 a1b2 c3d4 0101 0200 0000 0001'

describe('neighbour solicitation', () => {
  test('golden, that of Linux', () => {
    expect(toHex(emitNeighbourSolicitation('02:00:00:00:00:01', 'fe80::1', '2001:db8::a1b2:c3d4'))).toBe(
      LINUX.replaceAll(' ', ''),
    )
  })

  test.each([
    ['MAC', 'aa:bb', 'fe80::1', '2001:db8::1'],
    ['sender', '02:00:00:00:00:01', '10.0.0.1', '2001:db8::1'],
    ['target', '02:00:00:00:00:01', 'fe80::1', '10.0.0.1'],
  ])('throws a RangeError for a %s that is none', (_, mac, sender, target) => {
    expect(() => emitNeighbourSolicitation(mac, sender, target)).toThrow(RangeError)
  })
})
