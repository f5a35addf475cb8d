import { isIP, isIPv4 } from 'node:net'
import { legible, legibleJson } from '../../../runtime/actor-system/inspection/legible-text.ts'
import { formatIpv4, formatMac, parseIpv4, parseMac } from '../../../runtime/wire/addresses.ts'
import {
  addressBytes,
  addressText,
  canonicalAddress,
  compareAddresses,
  isLinkLocal,
  networkOf,
  samePrefix,
} from '../../../runtime/wire/ip-address-bytes.ts'
import { withoutSecrets } from '../../../runtime/wire/url-text.ts'
import { bytesOf, type FuzzTarget, holds, same, textOf } from '../target.ts'

/** Addresses, MACs, URLs and names as text. */
export const addresses: FuzzTarget = {
  name: 'addresses',
  mostBytes: 200,
  seeds: [
    '10.10.74.74',
    '255.255.255.255',
    'fd00:74::74',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    '02:00:00:00:00:46',
    '1:2:3:4:5:6:7:8',
    'http://user:secret@10.0.0.1:80/path?q#f',
  ].map(bytesOf),
  words: ['::', '::ffff:', '255', '%', 'fe80', ':', '.0', '@', '//', '\u2028'],
  run(input) {
    const text = textOf(input)
    same(parseIpv4(text) !== undefined, isIPv4(text), 'a dotted quad is what Node.js takes for one')
    const mac = parseMac(text)
    if (mac !== undefined) same(formatMac(mac), text.toLowerCase(), 'a MAC read and written is the same')
    holds(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(legible(text)), 'a legible text moves no cursor')
    const json = JSON.stringify(text)
    same(JSON.parse(legibleJson(json)), text, 'legible JSON means the same')
    holds(typeof withoutSecrets(text) === 'string', 'a URL has a text without its secrets')
    const bytes = addressBytes(text)
    same(bytes !== undefined, isIP(text) !== 0 && !text.includes('%'), 'an address is what Node.js takes for one')
    if (bytes === undefined) return mac === undefined ? 'none' : 'mac'
    const canonical = addressText(bytes)!
    same(canonicalAddress(canonical), canonical, 'the canonical form of an address is one')
    same(addressBytes(canonical), bytes, 'an address read and written is the same')
    same(compareAddresses(text, canonical), 0, 'an address is as large as itself')
    const prefix = input.length % (8 * bytes.length + 1)
    const network = networkOf(text, prefix)
    holds(samePrefix(text, network, prefix), 'a network begins as its addresses do')
    same(networkOf(network, prefix), network, 'the network of a network is itself')
    if (bytes.length === 4) same(formatIpv4(parseIpv4(text)!), canonical, 'an IPv4 address has one form')
    return `${bytes.length} ${isLinkLocal(text)}`
  },
}
