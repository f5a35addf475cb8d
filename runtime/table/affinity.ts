import { type ClientKey, MAPPED } from './client-key.ts'

/** By how many leading bits of their addresses clients are told apart. */
export interface Affinity {
  /** 1..32. */
  readonly ipv4: number
  /** 1..128. */
  readonly ipv6: number
}

/** Every address by itself. */
export const BY_ADDRESS: Affinity = { ipv4: 32, ipv6: 128 }

/** Cuts the keys of clients to their prefix: all clients of a prefix have one key, so one slot and one pin. */
export class AffinityMask {
  readonly #ipv4: number
  readonly #ipv6: ClientKey
  readonly #masked = new Uint32Array(4)

  constructor({ ipv4, ipv6 }: Affinity) {
    this.#ipv4 = maskOf(ipv4)
    this.#ipv6 = [maskOf(ipv6), maskOf(ipv6 - 32), maskOf(ipv6 - 64), maskOf(ipv6 - 96)]
  }

  /** The key of a client's prefix. It is the same array each time: forwarders ask for every connection. */
  masked(k0: number, k1: number, k2: number, k3: number): Uint32Array {
    const masked = this.#masked
    const ipv4 = k0 === 0 && k1 === 0 && k2 === MAPPED
    masked[0] = ipv4 ? k0 : k0 & this.#ipv6[0]
    masked[1] = ipv4 ? k1 : k1 & this.#ipv6[1]
    masked[2] = ipv4 ? k2 : k2 & this.#ipv6[2]
    masked[3] = k3 & (ipv4 ? this.#ipv4 : this.#ipv6[3])
    return masked
  }
}

/** A word whose first bits are set; none below 1, all from 32 on. A shift by 32 would shift by nothing. */
const maskOf = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0)
