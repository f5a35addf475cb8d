import { describe, expect, it } from 'vitest'
import { writeProxyHeader } from '../../../actors/forwarder/proxy-header.ts'
import { parseClientKey } from '../../../runtime/table/client-key.ts'

const bytes = new Uint8Array(107)
const header = (version: 'v1' | 'v2', client: string, server: string) => {
  const ends = { client: parseClientKey(client)!, clientPort: 51000, server: parseClientKey(server)!, serverPort: 9090 }
  return Buffer.from(bytes.subarray(0, writeProxyHeader(version, ends, bytes)))
}
/** proxy-protocol.txt §2.2. */
const signature = '0d0a0d0a000d0a515549540a'

describe('the PROXY header', () => {
  it('v1 is a line of text', () => {
    expect(header('v1', '192.0.2.7', '192.0.2.1').toString()).toBe('PROXY TCP4 192.0.2.7 192.0.2.1 51000 9090\r\n')
    expect(header('v1', '2001:db8::7', '2001:db8::1').toString()).toBe(
      'PROXY TCP6 2001:db8::7 2001:db8::1 51000 9090\r\n',
    )
  })

  it('v2 has the addresses in binary', () => {
    expect(header('v2', '192.0.2.7', '192.0.2.1').toString('hex')).toBe(`${signature}2111000cc0000207c0000201c7382382`)
    expect(header('v2', '2001:db8::7', '2001:db8::1').toString('hex')).toBe(
      `${signature}2121002420010db800000000000000000000000720010db8000000000000000000000001c7382382`,
    )
  })

  it('fits into the most bytes it may have', () => {
    const longest = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
    expect(header('v1', longest, longest).length).toBeLessThanOrEqual(bytes.length)
  })
})
