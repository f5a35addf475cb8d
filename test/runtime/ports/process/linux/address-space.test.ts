import { expect, test } from 'vitest'
import { checkAddressSpace } from '../../../../../runtime/ports/process/linux/address-space.ts'

const limits = (addressSpace: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax address space         ${addressSpace}           unlimited            bytes     \nMax file locks            unlimited            unlimited            locks     \n`

test('without a limit, and with one that leaves room, a gateway starts', () => {
  expect(checkAddressSpace(limits('unlimited')).ok).toBe(true)
  expect(checkAddressSpace(limits('17179869184')).ok).toBe(true)
})

test('a limit under which V8 would abort is refused, and named', () => {
  const refused = checkAddressSpace(limits('8589934592'))
  expect(refused).toMatchObject({ ok: false, code: 'ENOMEM' })
  expect(!refused.ok && refused.reason).toMatch(/limited to 8\.0 GiB.*LimitAS=/)
})
