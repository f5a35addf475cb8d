import { type Refusal, type Result, refused } from '../../result.ts'
import { errnoRefusal } from '../../sockets/linux/libc.ts'
import {
  carriedErrno,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  splitMessages,
} from './netlink-messages.ts'

/** Far above any table of a gateway; what bounds the memory that a reply may take. */
const REPLY_MESSAGES_MAX = 2_000_000

/** What a reply is so far: undefined while more of it is to come. */
export type ReplyOutcome<Value> = Result<readonly Value[]> | undefined

/**
 * Puts the reply to one request together from the datagrams that arrive. It ends with NLMSG_DONE (a dump) or NLMSG_ERROR
 * (an acknowledgement, errno 0 = success). Messages of another sequence number are the late rest of a reply that was
 * given up, and are skipped. A dump that the kernel marks as interrupted ends as `EINTR`: ask again.
 */
export class NetlinkReply<Value> {
  readonly #sequence: number
  readonly #parse: (message: NetlinkMessage) => Value | undefined
  readonly #values: Value[] = []
  #messages = 0
  #changed = false

  /** What `parse` answers `undefined` to is left out. It must not keep the payload: the next datagram overwrites it. */
  constructor(sequence: number, parse: (message: NetlinkMessage) => Value | undefined) {
    this.#sequence = sequence
    this.#parse = parse
  }

  take(datagram: Buffer): ReplyOutcome<Value> {
    const messages = splitMessages(datagram)
    if (!messages.ok) return messages
    for (const message of messages.value) {
      if (message.sequence !== this.#sequence) continue
      if (++this.#messages > REPLY_MESSAGES_MAX) return refused('E2BIG', `netlink: over ${REPLY_MESSAGES_MAX} messages`)
      this.#changed ||= (message.flags & NLM_F_DUMP_INTR) !== 0
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) return this.#end(message)
      const value = this.#parse(message)
      if (value !== undefined) this.#values.push(value)
    }
    return undefined
  }

  #end(message: NetlinkMessage): Refusal | { readonly ok: true; readonly value: readonly Value[] } {
    const errno = carriedErrno(message.payload)
    if (errno === undefined) return refused('EBADMSG', 'netlink: the end of a reply without its errno')
    if (errno !== 0) return errnoRefusal('netlink', errno)
    if (this.#changed) return refused('EINTR', 'netlink: the table changed while it was read')
    return { ok: true, value: this.#values }
  }
}
