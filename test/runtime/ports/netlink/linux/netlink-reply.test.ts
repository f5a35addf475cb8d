import { expect, test } from 'vitest'
import {
  encodeMessage,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'
import { NetlinkReply } from '../../../../../runtime/ports/netlink/linux/netlink-reply.ts'

const SEQUENCE = 7
const ENTRY = 20

const errno = (value: number): Buffer => {
  const payload = Buffer.alloc(4)
  payload.writeInt32LE(-value)
  return payload
}
const entry = (value: number, flags = 0, sequence = SEQUENCE) =>
  encodeMessage(ENTRY, flags, sequence, Uint8Array.of(value))
const end = (type: number, code = 0, flags = 0) => encodeMessage(type, flags, SEQUENCE, errno(code))
const firstByte = ({ payload }: NetlinkMessage): number | undefined => payload[0]

test('a reply in several datagrams is put together, and ends with NLMSG_DONE', () => {
  const reply = new NetlinkReply(SEQUENCE, firstByte)
  expect(reply.take(Buffer.concat([entry(1), entry(2)]))).toBeUndefined()
  expect(reply.take(entry(3))).toBeUndefined()
  expect(reply.take(Buffer.concat([entry(4), end(NLMSG_DONE)]))).toEqual({ ok: true, value: [1, 2, 3, 4] })
})

test('an acknowledgement of 0 ends a reply with success, any other one with that errno', () => {
  expect(new NetlinkReply(SEQUENCE, firstByte).take(end(NLMSG_ERROR))).toEqual({ ok: true, value: [] })
  expect(new NetlinkReply(SEQUENCE, firstByte).take(end(NLMSG_ERROR, 1))).toMatchObject({ ok: false, code: 'EPERM' })
})

test('a dump that fails half-way is not taken for a short table', () => {
  const reply = new NetlinkReply(SEQUENCE, firstByte)
  expect(reply.take(Buffer.concat([entry(1), end(NLMSG_DONE, 12)]))).toMatchObject({ ok: false, code: 'ENOMEM' })
})

test('the late rest of an earlier reply is skipped', () => {
  const reply = new NetlinkReply(SEQUENCE, firstByte)
  const late = Buffer.concat([entry(9, 0, SEQUENCE - 1), encodeMessage(NLMSG_DONE, 0, SEQUENCE - 1, errno(0))])
  expect(reply.take(late)).toBeUndefined()
  expect(reply.take(Buffer.concat([entry(1), end(NLMSG_DONE)]))).toEqual({ ok: true, value: [1] })
})

test('a table that changed while it was dumped is to be asked for again', () => {
  const marked = Buffer.concat([entry(1), entry(2, NLM_F_DUMP_INTR), end(NLMSG_DONE)])
  expect(new NetlinkReply(SEQUENCE, firstByte).take(marked)).toMatchObject({ ok: false, code: 'EINTR' })
  const markedAtEnd = Buffer.concat([entry(1), end(NLMSG_DONE, 0, NLM_F_DUMP_INTR)])
  expect(new NetlinkReply(SEQUENCE, firstByte).take(markedAtEnd)).toMatchObject({ ok: false, code: 'EINTR' })
})

test('a datagram that was cut off ends the reply', () => {
  const cut = entry(1).subarray(0, 16)
  expect(new NetlinkReply(SEQUENCE, firstByte).take(cut)).toMatchObject({ ok: false, code: 'EBADMSG' })
  const noErrno = encodeMessage(NLMSG_DONE, 0, SEQUENCE, new Uint8Array())
  expect(new NetlinkReply(SEQUENCE, firstByte).take(noErrno)).toMatchObject({ ok: false, code: 'EBADMSG' })
})

test('what the parser makes nothing of is left out', () => {
  const reply = new NetlinkReply(SEQUENCE, ({ payload }) => (payload[0] === 2 ? undefined : payload[0]))
  expect(reply.take(Buffer.concat([entry(1), entry(2), entry(3), end(NLMSG_DONE)]))).toEqual({
    ok: true,
    value: [1, 3],
  })
})
