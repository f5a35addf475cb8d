import { isIPv4, isIPv6 } from 'node:net'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type {
  AddressChange,
  InterfaceAddress,
  Neighbour,
  Netlink,
  NetworkInterface,
} from '../../runtime/ports/netlink/netlink.ts'
import { done, type Refusal, type Result, refused } from '../../runtime/ports/result.ts'

interface HeldAddress {
  readonly family: 4 | 6
  readonly address: string
  readonly prefixLength: number
  readonly expiresAtMs: number
}

interface FakeInterface {
  readonly index: number
  readonly name: string
  readonly mac: string
  readonly mtu: number
  up: boolean
  addresses: HeldAddress[]
}

/**
 * A kernel's interfaces in memory. Lifetimes end by the clock alone, without a timer: as with the kernel, an address is
 * gone in time even where the process that put it there fires none.
 */
export class FakeNetlink implements Netlink {
  readonly #clock: Clock
  readonly #interfaces = new Map<string, FakeInterface>()
  readonly #neighbours = new Map<string, string>()
  #nextIndex = 1
  #refusal: Refusal | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Adds an interface that is up; `addresses` like `10.77.0.1/24`, for ever. Gives its index. */
  addInterface(name: string, mac: string, addresses: readonly string[]): number {
    const index = this.#nextIndex++
    this.#interfaces.set(name, { index, name, mac, mtu: 1500, up: true, addresses: [] })
    for (const text of addresses) {
      const [address = '', prefixLength] = text.split('/')
      const put = this.putAddress({
        interfaceIndex: index,
        address,
        prefixLength: Number(prefixLength),
        validLifetimeS: null,
      })
      if (!put.ok) throw new Error(put.reason)
    }
    return index
  }

  /** Pulls the cable, or plugs it in. The addresses stay. */
  setUp(name: string, up: boolean): void {
    const found = this.#interfaces.get(name)
    if (found) found.up = up
  }

  /** The kernel has heard that MAC of an address. */
  learnNeighbour(address: string, mac: string): void {
    this.#neighbours.set(address, mac)
  }

  /** The interface is gone, its addresses with it. */
  removeInterface(name: string): void {
    this.#interfaces.delete(name)
  }

  /** From now on every change is refused like this; undefined = no longer. */
  refuseChanges(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  /** What the interface holds now, as `10.77.0.1/24`. */
  addressesOf(name: string): readonly string[] {
    const found = this.interfaceByName(name)
    return found.ok ? found.value.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`) : []
  }

  interfaceByName(name: string): Result<NetworkInterface> {
    const found = this.#interfaces.get(name)
    if (!found) return refused('ENODEV', `there is no network interface ${name}`)
    this.#expire(found)
    return { ok: true, value: { ...found, addresses: found.addresses.map((held) => this.#describe(held)) } }
  }

  interfaces(): Result<readonly NetworkInterface[]> {
    const found = [...this.#interfaces.keys()].map((name) => this.interfaceByName(name))
    return { ok: true, value: found.flatMap((each) => (each.ok ? [each.value] : [])) }
  }

  putAddress(change: AddressChange & { readonly validLifetimeS: number | null }): Result {
    const { address, prefixLength, validLifetimeS } = change
    const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined
    const badLifetime = validLifetimeS !== null && (!Number.isInteger(validLifetimeS) || validLifetimeS < 1)
    if (!family || badLifetime) return refused('EINVAL', `${address} for ${validLifetimeS} s`)
    const found = this.#byIndex(change.interfaceIndex)
    if (this.#refusal) return this.#refusal
    if (!found) return refused('ENODEV', `there is no interface ${change.interfaceIndex}`)
    this.#expire(found)
    const expiresAtMs = validLifetimeS === null ? Number.POSITIVE_INFINITY : this.#clock.nowMs() + validLifetimeS * 1000
    const held: HeldAddress = { family, address, prefixLength, expiresAtMs }
    const at = found.addresses.findIndex((other) => isSame(other, change))
    if (at < 0) found.addresses.push(held)
    else found.addresses[at] = held
    return done
  }

  removeAddress(change: AddressChange): Result {
    if (this.#refusal) return this.#refusal
    const found = this.#byIndex(change.interfaceIndex)
    if (found) found.addresses = found.addresses.filter((held) => !isSame(held, change))
    return done
  }

  /** Routes that were put, as `INDEX 10.0.0.0/24`. */
  readonly routes = new Set<string>()

  putRoute({ interfaceIndex, address, prefixLength }: AddressChange): Result {
    this.routes.add(`${interfaceIndex} ${address}/${prefixLength}`)
    return done
  }

  removeRoute({ interfaceIndex, address, prefixLength }: AddressChange): Result {
    this.routes.delete(`${interfaceIndex} ${address}/${prefixLength}`)
    return done
  }

  promoteSecondaries(): Result {
    return done
  }

  neighbourMac({ address }: Neighbour): Result<string | null> {
    return { ok: true, value: this.#neighbours.get(address) ?? null }
  }

  /** Whoever the kernel has heard lives. */
  probeNeighbour({ address }: Neighbour): Result<boolean | null> {
    return { ok: true, value: this.#neighbours.has(address) }
  }

  close(): void {}

  #byIndex(index: number): FakeInterface | undefined {
    return [...this.#interfaces.values()].find((candidate) => candidate.index === index)
  }

  #expire(found: FakeInterface): void {
    const nowMs = this.#clock.nowMs()
    found.addresses = found.addresses.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
  }

  #describe({ family, address, prefixLength, expiresAtMs }: HeldAddress): InterfaceAddress {
    const leftMs = expiresAtMs - this.#clock.nowMs()
    const validLifetimeS = Number.isFinite(leftMs) ? Math.ceil(leftMs / 1000) : null
    return { family, address, prefixLength, validLifetimeS }
  }
}

function isSame(held: HeldAddress, change: AddressChange): boolean {
  return held.address === change.address && held.prefixLength === change.prefixLength
}
