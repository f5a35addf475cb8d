/**
 * What a table consists of (linux/netfilter/nf_tables.h), asked for without a program: `nft list table --terse` reads every element all the
 * same, gigabytes where there are millions. Left out is what packets and elements change: counters, numbers of elements, uses.
 */
import { createHash } from 'node:crypto'
import { encodeAttribute, type NetlinkMessage, parseAttributes } from '../../netlink/linux/netlink-messages.ts'
import type { NetlinkSocket } from '../../netlink/linux/netlink-socket.ts'
import type { Result } from '../../result.ts'
import type { NftFamily, NftOutline } from '../nft.ts'
import {
  encodeFamily,
  FAMILY_HEADER_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFT_OBJECT_COUNTER,
  NFTA_OBJ_TYPE,
  NFTA_SET_FLAGS,
} from './nftables-messages.ts'

const NAME_OF_TABLE = 1

/** A kind of object: what it is asked by and answered with, which attribute is its name, and which say what it is. */
interface Kind {
  readonly kind: 'chain' | 'rule' | 'set' | 'object'
  readonly question: number
  readonly answer: number
  readonly name: number
  readonly said: readonly number[]
}

const KINDS: readonly Kind[] = [
  // Name, hook, policy, type, flags.
  { kind: 'chain', question: 4, answer: 3, name: 3, said: [3, 4, 5, 7, 10] },
  // Chain, expressions.
  { kind: 'rule', question: 7, answer: 6, name: 2, said: [2, 4] },
  // Name, flags, type and length of keys, of data, policy, size, timeout, expressions.
  { kind: 'set', question: 10, answer: 9, name: 2, said: [2, 3, 4, 5, 6, 7, 8, 9, 11, 17, 18] },
  // Name, type.
  { kind: 'object', question: 19, answer: 18, name: 2, said: [2, 3] },
]
const NFT_SET_ANONYMOUS = 0x1
const NFT_SET_MAP = 0x8

/** Null: there is no such table. */
export function readOutline(socket: NetlinkSocket, family: NftFamily, table: string): Result<NftOutline | null> {
  const hash = createHash('sha256')
  const sets: { kind: string; name: string }[] = []
  const chains: string[] = []
  let found = 0
  const name = Buffer.from(`${table}\0`)
  const payload = Buffer.concat([encodeFamily(family), encodeAttribute(NAME_OF_TABLE, name)])
  for (const { kind, question, answer, name: nameAt, said } of KINDS) {
    const parse = ({ type, payload }: NetlinkMessage) => {
      const attributes =
        type === (NFNL_SUBSYS_NFTABLES | answer) ? parseAttributes(payload, FAMILY_HEADER_LENGTH) : undefined
      if (attributes?.get(NAME_OF_TABLE)?.equals(name) !== true) return undefined
      const own = attributes.get(nameAt)?.toString('latin1').replace(/\0$/, '') ?? ''
      const words = said.map((at) => attributes.get(at)?.toString('hex') ?? '')
      const number = (at: number) => (attributes.get(at)?.length === 4 ? attributes.get(at)!.readUInt32BE() : 0)
      return {
        name: own,
        text: `${kind} ${words.join(' ')}\n`,
        flags: number(NFTA_SET_FLAGS),
        type: number(NFTA_OBJ_TYPE),
      }
    }
    const read = socket.dump(NFNL_SUBSYS_NFTABLES | question, payload, parse)
    if (!read.ok) {
      if (read.code === 'ENOENT') continue
      return read
    }
    found += read.value.length
    for (const { name, text, flags, type } of read.value) {
      hash.update(text)
      if (kind === 'chain') chains.push(name)
      // One that belongs to a rule goes with it.
      if (kind === 'set' && (flags & NFT_SET_ANONYMOUS) === 0)
        sets.push({ kind: (flags & NFT_SET_MAP) === 0 ? 'set' : 'map', name })
      if (kind === 'object' && type === NFT_OBJECT_COUNTER) sets.push({ kind: 'counter', name })
    }
  }
  return { ok: true, value: found === 0 ? null : { digest: hash.digest('hex'), sets, chains } }
}
