import type { Socket } from 'node:net'
import { familyOf, networkOf } from '../../../runtime/wire/ip-address-bytes.ts'

/** Connections that have shown no token yet, of one source (an IPv4 address, a /64 of IPv6) and of all. A browser fetches the page by 6. */
const OF_A_SOURCE_MAX = 8
const OF_ALL_MAX = 32

/**
 * The connections of those who have not shown the token. Where there are too many the one that was there first is ended: who
 * has the token shows it at once, and who has not cannot keep the others out.
 */
export class Strangers {
  /** In the order in which they came. */
  readonly #sources = new Map<Socket, string>()

  add(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress ?? '')
    this.#sources.set(socket, source)
    socket.once('close', () => this.#sources.delete(socket))
    const same = [...this.#sources].filter(([, other]) => other === source)
    if (same.length > OF_A_SOURCE_MAX) this.#end(same[0]?.[0])
    if (this.#sources.size > OF_ALL_MAX) this.#end([...this.#sources.keys()][0])
  }

  /** It has shown the token. */
  admit(socket: Socket): void {
    this.#sources.delete(socket)
  }

  #end(socket: Socket | undefined): void {
    if (socket === undefined) return
    this.#sources.delete(socket)
    socket.destroy()
  }
}

/** Whoever has one address of IPv6 has all of its /64. */
function sourceOf(address: string): string {
  const [plain = ''] = address.split('%')
  return familyOf(plain) === 'ipv6' && !plain.startsWith('::ffff:') ? networkOf(plain, 64) : plain
}
