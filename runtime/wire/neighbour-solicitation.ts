/**
 * The neighbour solicitation (RFC 4861 §4.3), Ethernet and IPv6 headers included: 86 bytes.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   0 +---------------+---------------+-------------------------------+
 *     |   Type 135    |    Code 0     |           Checksum            |
 *   4 +---------------+---------------+-------------------------------+
 *     |                          Reserved, 0                          |
 *   8 +---------------------------------------------------------------+
 *     |                  Target Address (16 bytes)                    |
 *  24 +---------------+---------------+-------------------------------+
 *     | Option type 1 | Length 1 (x 8)|  Source link-layer address (6)
 *  32 +---------------+---------------+-------------------------------+
 */
import { emitIcmpv6Frame, ipv6Bytes, macBytes } from './icmpv6-frame.ts'
import { addressText } from './ip-address-bytes.ts'

const NEIGHBOUR_SOLICITATION = 135
const SOURCE_LINK_LAYER_ADDRESS = 1
const TARGET = 8
const OPTION = 24
const MESSAGE_LENGTH = 32
/** ff02::1:ff00:0/104, and behind it the last three bytes of the target (RFC 4291 §2.7.1). */
const SOLICITED_NODE = 'ff02::1:ff00:0'

/**
 * A question to those who may have `target`: what is its MAC? The answer goes to `sender` alone. Throws a RangeError for an
 * address or MAC that is none.
 */
export function emitNeighbourSolicitation(mac: string, sender: string, target: string): Uint8Array {
  const targetBytes = ipv6Bytes(target)
  const message = new Uint8Array(MESSAGE_LENGTH)
  message[0] = NEIGHBOUR_SOLICITATION
  message.set(targetBytes, TARGET)
  message.set([SOURCE_LINK_LAYER_ADDRESS, 1, ...macBytes(mac)], OPTION)
  const group = ipv6Bytes(SOLICITED_NODE)
  group.set(targetBytes.subarray(13), 13)
  return emitIcmpv6Frame(mac, sender, addressText(group) ?? '', message)
}
