import { expect, test } from 'vitest'
import {
  AF_INET,
  bind,
  close,
  errnoName,
  errnoOfText,
  errnoRefusal,
  if_nametoindex,
  intOption,
  ipMreqn,
  lastErrno,
  lastFailure,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  sockaddrIpv4,
  sockaddrIpv6,
  sockaddrLinkLayer,
  sockaddrNetlink,
  sockaddrUnix,
  socket,
  strerror,
  timevalOption,
} from '../../../../../runtime/ports/sockets/linux/libc.ts'

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex')

test('socket addresses have the layout of the kernel headers', () => {
  expect(hex(sockaddrIpv4(Uint8Array.of(10, 77, 0, 1), 9090))).toBe(`02002382${'0a4d0001'}0000000000000000`)
  expect(hex(sockaddrIpv6(Uint8Array.of(0xfd, ...new Array(14).fill(0), 1), 80))).toBe(
    `0a00005000000000fd${'00'.repeat(14)}0100000000`,
  )
  expect(hex(sockaddrNetlink())).toBe('100000000000000000000000')
  expect(hex(sockaddrLinkLayer(3, 0x0806, Uint8Array.of(255, 255, 255, 255, 255, 255)))).toBe(
    '110008060300000000000006ffffffffffff0000',
  )
  expect(hex(sockaddrUnix('/dev/log'))).toBe(`0100${Buffer.from('/dev/log').toString('hex')}00`)
})

test('a path that does not fit sun_path is no address', () => {
  expect(sockaddrUnix(`/${'x'.repeat(106)}`)).toHaveLength(110)
  // An abstract name ends with its last byte.
  expect(hex(sockaddrUnix('\0notify'))).toBe(`010000${Buffer.from('notify').toString('hex')}`)
  expect(sockaddrUnix(`/${'x'.repeat(107)}`)).toBeUndefined()
})

test('option values have the layout of the kernel headers', () => {
  expect(hex(intOption(-2))).toBe('feffffff')
  expect(hex(timevalOption(1500))).toBe('010000000000000020a1070000000000')
  expect(hex(ipMreqn(Uint8Array.of(224, 0, 0, 18), Uint8Array.of(10, 77, 0, 1), 258))).toBe('e00000120a4d000102010000')
})

test('an errno has one name, and its text leads back to it', () => {
  expect(errnoName(19)).toBe('ENODEV')
  expect(errnoName(11)).toBe('EAGAIN')
  expect(errnoName(4095)).toBe('E4095')
  expect(errnoOfText(strerror(100))).toBe('ENETDOWN')
  expect(errnoOfText('no such text')).toBeUndefined()
  expect(errnoRefusal('trying', 1)).toEqual({ ok: false, code: 'EPERM', reason: 'trying: Operation not permitted' })
})

test('a call that fails tells why', () => {
  expect(if_nametoindex('no-such-device')).toBe(0)
  expect(errnoName(lastErrno())).toBe('ENODEV')
  expect(close(-1)).toBe(-1)
  expect(lastFailure('close')).toEqual({ ok: false, code: 'EBADF', reason: 'close: Bad file descriptor' })
})

test('a socket can be made, bound by its address and closed once', () => {
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  const address = sockaddrIpv4(Uint8Array.of(127, 0, 0, 1), 0)
  expect(fd).toBeGreaterThan(2)
  expect(bind(fd, address, address.length)).toBe(0)
  expect(close(fd)).toBe(0)
})
