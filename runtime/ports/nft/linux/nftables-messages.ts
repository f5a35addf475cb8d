/**
 * The questions to nftables that need no program (linux/netfilter/nf_tables.h). After netlink's own header comes
 * `family(1) version(1) resource(2)`, then attributes; numbers are in network order.
 */

import { encodeAttribute, parseAttributes } from '../../netlink/linux/netlink-messages.ts'
import type { NftCounter, NftFamily, NftSetShape } from '../nft.ts'

export const NFNL_SUBSYS_NFTABLES = 10 << 8

export const NFT_MSG_NEWSET = NFNL_SUBSYS_NFTABLES | 9
export const NFT_MSG_GETSET = NFNL_SUBSYS_NFTABLES | 10
export const NFT_MSG_NEWGEN = NFNL_SUBSYS_NFTABLES | 15
export const NFT_MSG_GETGEN = NFNL_SUBSYS_NFTABLES | 16
export const NFT_MSG_NEWOBJ = NFNL_SUBSYS_NFTABLES | 18
export const NFT_MSG_GETOBJ = NFNL_SUBSYS_NFTABLES | 19

/** Of what comes before the attributes. */
export const FAMILY_HEADER_LENGTH = 4
const NFTA_GEN_ID = 1
const NFTA_SET_TABLE = 1
const NFTA_SET_NAME = 2
export const NFTA_SET_FLAGS = 3
const NFTA_SET_KEY_LEN = 5
const NFTA_SET_DATA_LEN = 7
const NFTA_SET_DESC = 9
const NFTA_SET_DESC_SIZE = 1
const NFTA_SET_COUNT = 20
const NFTA_OBJ_TABLE = 1
const NFTA_OBJ_NAME = 2
export const NFTA_OBJ_TYPE = 3
const NFTA_OBJ_DATA = 4
export const NFT_OBJECT_COUNTER = 1
export const NFTA_COUNTER_BYTES = 1
export const NFTA_COUNTER_PACKETS = 2

/** NFPROTO_* (linux/netfilter.h) of the families of tables. */
const FAMILIES: Readonly<Record<NftFamily, number>> = { inet: 1, arp: 3, netdev: 5 }

export const encodeGetGeneration = (): Buffer => Buffer.alloc(FAMILY_HEADER_LENGTH)

/** 0..2^32-1; undefined where the reply cannot be read. */
export function parseGeneration(payload: Buffer): number | undefined {
  const value = parseAttributes(payload, FAMILY_HEADER_LENGTH)?.get(NFTA_GEN_ID)
  return value?.length === 4 ? value.readUInt32BE() : undefined
}

/** Names a set or a map: the question for it, without its elements. */
export function encodeSetName(family: NftFamily, table: string, set: string): Buffer {
  return Buffer.concat([
    encodeFamily(family),
    encodeAttribute(NFTA_SET_TABLE, text(table)),
    encodeAttribute(NFTA_SET_NAME, text(set)),
  ])
}

/** How many elements it has; null of a kernel that does not say, undefined where the reply cannot be read. */
export function parseElementCount(payload: Buffer): number | null | undefined {
  const attributes = parseAttributes(payload, FAMILY_HEADER_LENGTH)
  if (attributes === undefined) return undefined
  const count = attributes.get(NFTA_SET_COUNT)
  return count === undefined ? null : count.length === 4 ? count.readUInt32BE() : undefined
}

/** What it can hold; undefined where the reply cannot be read. */
export function parseSetShape(payload: Buffer): NftSetShape | undefined {
  const attributes = parseAttributes(payload, FAMILY_HEADER_LENGTH)
  const size = parseAttributes(attributes?.get(NFTA_SET_DESC) ?? Buffer.alloc(0), 0)?.get(NFTA_SET_DESC_SIZE)
  const numbers = [NFTA_SET_KEY_LEN, NFTA_SET_DATA_LEN, NFTA_SET_FLAGS].map((type) => attributes?.get(type))
  const [keyBytes, dataBytes, flags] = [...numbers, size].map((value) =>
    value?.length === 4 ? value.readUInt32BE() : 0,
  )
  if (attributes === undefined || keyBytes === undefined || dataBytes === undefined) return undefined
  const most = size?.length === 4 ? size.readUInt32BE() : 0
  return { keyBytes, dataBytes, most, byPackets: ((flags ?? 0) & NFT_SET_EVAL) !== 0 }
}

/** Packets may write its elements. */
const NFT_SET_EVAL = 0x20

/** Asks for a named counter. */
export function encodeGetCounter(family: NftFamily, table: string, counter: string): Buffer {
  return Buffer.concat([
    encodeFamily(family),
    encodeAttribute(NFTA_OBJ_TABLE, text(table)),
    encodeAttribute(NFTA_OBJ_NAME, text(counter)),
    encodeAttribute(NFTA_OBJ_TYPE, Buffer.from([0, 0, 0, NFT_OBJECT_COUNTER])),
  ])
}

/** What it has counted; undefined where the reply cannot be read. */
export function parseCounter(payload: Buffer): NftCounter | undefined {
  const data = parseAttributes(payload, FAMILY_HEADER_LENGTH)?.get(NFTA_OBJ_DATA)
  const figures = data && parseAttributes(data, 0)
  const [packets, bytes] = [NFTA_COUNTER_PACKETS, NFTA_COUNTER_BYTES].map((figure) => figures?.get(figure))
  if (packets?.length !== 8 || bytes?.length !== 8) return undefined
  return { packets: Number(packets.readBigUInt64BE()), bytes: Number(bytes.readBigUInt64BE()) }
}

/** What every question about a table begins with. */
export const encodeFamily = (family: NftFamily): Buffer => Buffer.from([FAMILIES[family], 0, 0, 0])

const text = (value: string) => Buffer.from(`${value}\0`)
