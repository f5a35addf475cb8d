/**
 * The questions to nftables that need no program (linux/netfilter/nf_tables.h). After netlink's own header comes
 * `family(1) version(1) resource(2)`, then attributes; numbers are in network order.
 */
import type { NftFamily } from '../nft.ts'
import { encodeAttribute, parseAttributes } from './netlink-messages.ts'

const NFNL_SUBSYS_NFTABLES = 10 << 8

export const NFT_MSG_NEWSET = NFNL_SUBSYS_NFTABLES | 9
export const NFT_MSG_GETSET = NFNL_SUBSYS_NFTABLES | 10
export const NFT_MSG_NEWGEN = NFNL_SUBSYS_NFTABLES | 15
export const NFT_MSG_GETGEN = NFNL_SUBSYS_NFTABLES | 16
export const NFT_MSG_NEWOBJ = NFNL_SUBSYS_NFTABLES | 18
export const NFT_MSG_GETOBJ = NFNL_SUBSYS_NFTABLES | 19

const HEADER_LENGTH = 4
const NFTA_GEN_ID = 1
const NFTA_SET_TABLE = 1
const NFTA_SET_NAME = 2
const NFTA_SET_COUNT = 20
const NFTA_OBJ_TABLE = 1
const NFTA_OBJ_NAME = 2
const NFTA_OBJ_TYPE = 3
const NFTA_OBJ_DATA = 4
const NFT_OBJECT_COUNTER = 1
const NFTA_COUNTER_PACKETS = 2

/** NFPROTO_* (linux/netfilter.h) of the families of tables. */
const FAMILIES: Readonly<Record<NftFamily, number>> = { inet: 1, arp: 3, netdev: 5 }

export const encodeGetGeneration = (): Buffer => Buffer.alloc(HEADER_LENGTH)

/** 0..2^32-1; undefined where the reply cannot be read. */
export function parseGeneration(payload: Buffer): number | undefined {
  const value = parseAttributes(payload, HEADER_LENGTH)?.get(NFTA_GEN_ID)
  return value?.length === 4 ? value.readUInt32BE() : undefined
}

/** Asks for a set or a map, without its elements. */
export function encodeGetSet(family: NftFamily, table: string, set: string): Buffer {
  return Buffer.concat([
    headerOf(family),
    encodeAttribute(NFTA_SET_TABLE, text(table)),
    encodeAttribute(NFTA_SET_NAME, text(set)),
  ])
}

/** How many elements it has; null of a kernel that does not say, undefined where the reply cannot be read. */
export function parseElementCount(payload: Buffer): number | null | undefined {
  const attributes = parseAttributes(payload, HEADER_LENGTH)
  if (attributes === undefined) return undefined
  const count = attributes.get(NFTA_SET_COUNT)
  return count === undefined ? null : count.length === 4 ? count.readUInt32BE() : undefined
}

/** Asks for a named counter. */
export function encodeGetCounter(family: NftFamily, table: string, counter: string): Buffer {
  return Buffer.concat([
    headerOf(family),
    encodeAttribute(NFTA_OBJ_TABLE, text(table)),
    encodeAttribute(NFTA_OBJ_NAME, text(counter)),
    encodeAttribute(NFTA_OBJ_TYPE, Buffer.from([0, 0, 0, NFT_OBJECT_COUNTER])),
  ])
}

/** The packets that it has counted; undefined where the reply cannot be read. */
export function parseCounter(payload: Buffer): number | undefined {
  const data = parseAttributes(payload, HEADER_LENGTH)?.get(NFTA_OBJ_DATA)
  const packets = data && parseAttributes(data, 0)?.get(NFTA_COUNTER_PACKETS)
  return packets?.length === 8 ? Number(packets.readBigUInt64BE()) : undefined
}

const headerOf = (family: NftFamily) => Buffer.from([FAMILIES[family], 0, 0, 0])

const text = (value: string) => Buffer.from(`${value}\0`)
