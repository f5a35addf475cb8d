import { parseIpv4 } from '../../runtime/wire/addresses.ts'
import { checksumOf, sumPseudoHeader, sumWords } from '../../runtime/wire/checksum.ts'

export interface Target {
  /** Where the frames go, and where they come from: `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string
  readonly fromMac: string
  readonly address: string
  readonly port: number
}

/** Where a SYN says that it comes from. */
export interface Origin {
  /** In network order. */
  readonly source: number
  readonly port: number
  readonly sequence: number
}

const IP_AT = 14
const TCP_AT = IP_AT + 20
const TCP_LENGTH = 20
const TCP = 6
const SYN = 2

/**
 * A SYN (RFC 9293 §3.1) that is written over with one origin after the other, both checksums right:
 *
 *     0           14                        34                       54         60
 *     +-----------+-------------------------+------------------------+----------+
 *     | Ethernet  | IPv4, don't fragment    | TCP, SYN, no options   | padding  |
 *     +-----------+-------------------------+------------------------+----------+
 */
export class SynFrame {
  readonly bytes = Buffer.alloc(60)
  readonly #destination: number

  constructor({ mac, fromMac, address, port }: Target) {
    this.#destination = parseIpv4(address) ?? 0
    const { bytes } = this
    bytes.write(mac.replaceAll(':', ''), 0, 'hex')
    bytes.write(fromMac.replaceAll(':', ''), 6, 'hex')
    bytes.writeUInt16BE(0x0800, 12)
    // Version and header length; total length; "don't fragment"; time to live; protocol.
    bytes[IP_AT] = 0x45
    bytes.writeUInt16BE(TCP_AT - IP_AT + TCP_LENGTH, IP_AT + 2)
    bytes.writeUInt16BE(0x4000, IP_AT + 6)
    bytes[IP_AT + 8] = 64
    bytes[IP_AT + 9] = TCP
    bytes.writeUInt32BE(this.#destination, IP_AT + 16)
    bytes.writeUInt16BE(port, TCP_AT + 2)
    // Header length in words, flags, window.
    bytes[TCP_AT + 12] = (TCP_LENGTH / 4) << 4
    bytes[TCP_AT + 13] = SYN
    bytes.writeUInt16BE(65_535, TCP_AT + 14)
  }

  write({ source, port, sequence }: Origin): void {
    const { bytes } = this
    bytes.writeUInt32BE(source, IP_AT + 12)
    bytes.writeUInt16BE(port, TCP_AT)
    bytes.writeUInt32BE(sequence, TCP_AT + 4)
    bytes.writeUInt16BE(0, IP_AT + 10)
    bytes.writeUInt16BE(0, TCP_AT + 16)
    bytes.writeUInt16BE(checksumOf(sumWords(bytes.subarray(IP_AT, TCP_AT))), IP_AT + 10)
    const pseudo = sumPseudoHeader(source, this.#destination, TCP, TCP_LENGTH)
    bytes.writeUInt16BE(checksumOf(sumWords(bytes.subarray(TCP_AT, TCP_AT + TCP_LENGTH), pseudo)), TCP_AT + 16)
  }
}

/** An address anywhere in the Internet, of a unicast host (RFC 6890): not 0/8, 10/8, 127/8, nor 224/3. `random`: 0 to below 1. */
export function publicSource(random: () => number): number {
  for (;;) {
    const source = Math.floor(random() * 2 ** 32)
    const network = source >>> 24
    if (network > 0 && network < 224 && network !== 10 && network !== 127) return source
  }
}
