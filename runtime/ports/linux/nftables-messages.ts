/**
 * The one question to nftables that needs no program (linux/netfilter/nf_tables.h): the generation of the ruleset. After
 * netlink's own header comes `family(1) version(1) resource(2)`, then attributes; the generation is in network order.
 */
import { parseAttributes } from './netlink-messages.ts'

const NFNL_SUBSYS_NFTABLES = 10 << 8

export const NFT_MSG_NEWGEN = NFNL_SUBSYS_NFTABLES | 15
export const NFT_MSG_GETGEN = NFNL_SUBSYS_NFTABLES | 16

const HEADER_LENGTH = 4
const NFTA_GEN_ID = 1

export const encodeGetGeneration = (): Buffer => Buffer.alloc(HEADER_LENGTH)

/** 0..2^32-1; undefined where the reply cannot be read. */
export function parseGeneration(payload: Buffer): number | undefined {
  const value = parseAttributes(payload, HEADER_LENGTH)?.get(NFTA_GEN_ID)
  return value?.length === 4 ? value.readUInt32BE() : undefined
}
