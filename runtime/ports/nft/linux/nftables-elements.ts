/**
 * The elements of nftables' sets and maps (linux/netfilter/nf_tables.h), read without a program. A listing by `nft` is made whole before
 * the first of it is told, a thousand bytes and more of its memory for each; the kernel tells some hundreds at a time.
 *
 *     NEWSETELEM   family(1) version(1) resource(2), table, set, elements: a list of elements, each
 *                  key { value }   data { value }   expiration(8)   expression { name, data { bytes(8) packets(8) } }
 */

import { ATTRIBUTE_HEADER_LENGTH, encodeAttribute } from '../../netlink/linux/netlink-messages.ts'
import type { NftElement, NftFamily } from '../nft.ts'
import {
  encodeSetName,
  FAMILY_HEADER_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFTA_COUNTER_BYTES,
  NFTA_COUNTER_PACKETS,
} from './nftables-messages.ts'

export const NFT_MSG_NEWSETELEM = NFNL_SUBSYS_NFTABLES | 12
export const NFT_MSG_GETSETELEM = NFNL_SUBSYS_NFTABLES | 13

const NESTED = 0x8000
const TYPE_MASK = 0x3fff

const NFTA_SET_ELEM_LIST_ELEMENTS = 3
const NFTA_LIST_ELEM = 1
const NFTA_SET_ELEM_KEY = 1
const NFTA_SET_ELEM_DATA = 2
const NFTA_SET_ELEM_EXPIRATION = 5
const NFTA_SET_ELEM_EXPR = 7
const NFTA_DATA_VALUE = 1
const NFTA_EXPR_DATA = 2

/** Asks for all elements; or, with a key, for that one. */
export function encodeGetElements(family: NftFamily, table: string, set: string, key?: Uint8Array): Buffer {
  const name = encodeSetName(family, table, set)
  if (key === undefined) return name
  const nested = (type: number, value: Uint8Array) => encodeAttribute(type | NESTED, value)
  const element = nested(NFTA_LIST_ELEM, nested(NFTA_SET_ELEM_KEY, encodeAttribute(NFTA_DATA_VALUE, key)))
  return Buffer.concat([name, nested(NFTA_SET_ELEM_LIST_ELEMENTS, element)])
}

/** Gives the elements of one message to `take`, until that answers false; whether it has taken all. What cannot be read is passed over. */
export function eachElement(payload: Buffer, take: (element: NftElement) => boolean): boolean {
  let wantsMore = true
  forEachAttribute(payload, FAMILY_HEADER_LENGTH, payload.length, (type, from, to) => {
    if (type !== NFTA_SET_ELEM_LIST_ELEMENTS) return
    forEachAttribute(payload, from, to, (inner, start, end) => {
      const element = inner === NFTA_LIST_ELEM && wantsMore ? parseElement(payload, start, end) : undefined
      if (element !== undefined) wantsMore = take(element)
    })
  })
  return wantsMore
}

function parseElement(payload: Buffer, from: number, to: number): NftElement | undefined {
  let key: Buffer | undefined
  let data: Buffer | undefined
  let expiresMs: number | undefined
  let counter: NftElement['counter'] = null
  forEachAttribute(payload, from, to, (type, start, end) => {
    if (type === NFTA_SET_ELEM_KEY) key = valueIn(payload, start, end)
    else if (type === NFTA_SET_ELEM_DATA) data = valueIn(payload, start, end)
    else if (type === NFTA_SET_ELEM_EXPIRATION && end - start === 8) expiresMs = numberAt(payload, start)
    else if (type === NFTA_SET_ELEM_EXPR) counter = counterIn(payload, start, end)
  })
  return key && { key, data: data ?? NOTHING, expiresMs: expiresMs ?? null, counter }
}

const NOTHING = Buffer.alloc(0)

function valueIn(payload: Buffer, from: number, to: number): Buffer | undefined {
  let value: Buffer | undefined
  forEachAttribute(payload, from, to, (type, start, end) => {
    if (type === NFTA_DATA_VALUE) value = payload.subarray(start, end)
  })
  return value
}

/** Null for an expression that counts nothing. */
function counterIn(payload: Buffer, from: number, to: number): NftElement['counter'] {
  let [packets, bytes]: (number | undefined)[] = []
  forEachAttribute(payload, from, to, (type, start, end) => {
    if (type !== NFTA_EXPR_DATA) return
    forEachAttribute(payload, start, end, (inner, at, until) => {
      if (until - at !== 8) return
      if (inner === NFTA_COUNTER_BYTES) bytes = numberAt(payload, at)
      else if (inner === NFTA_COUNTER_PACKETS) packets = numberAt(payload, at)
    })
  })
  return packets === undefined || bytes === undefined ? null : { packets, bytes }
}

/** 64 bits in network order. */
const numberAt = (payload: Buffer, at: number): number =>
  payload.readUInt32BE(at) * 2 ** 32 + payload.readUInt32BE(at + 4)

/** Of which there may be several of one type; ends where a length does not fit. No object for each of them: there may be millions. */
function forEachAttribute(
  payload: Buffer,
  from: number,
  to: number,
  visit: (type: number, from: number, to: number) => void,
): void {
  for (let at = from; at + ATTRIBUTE_HEADER_LENGTH <= to; ) {
    const length = payload.readUInt16LE(at)
    if (length < ATTRIBUTE_HEADER_LENGTH || at + length > to) return
    visit(payload.readUInt16LE(at + 2) & TYPE_MASK, at + ATTRIBUTE_HEADER_LENGTH, at + length)
    at += (length + 3) & ~3
  }
}
