import type { HeardRouter, HostSurvey } from '../../runtime/ports/host/host-survey.ts'
import type { RouteView } from '../../runtime/ports/host/host-view.ts'
import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import { type Refusal, type Result, refused } from '../../runtime/ports/result.ts'

/** A subnet that says what it is told to, at once. */
export class FakeHostSurvey implements HostSurvey {
  links: readonly NetworkInterface[] = []
  defaultRoute: string | undefined
  readonly programs = new Map<number, readonly string[]>()
  routers: readonly HeardRouter[] = []
  /** MACs by address. */
  readonly holders = new Map<string, string>()
  /** Raw sockets cannot be had. */
  refusal: Refusal | undefined
  /** Addresses that were asked for. */
  readonly asked: string[] = []

  /** Adds an interface that is up; `addresses` like `10.0.0.1/24`. */
  addInterface(name: string, ...addresses: readonly string[]): void {
    const index = this.links.length + 2
    const held = addresses.map((text) => {
      const [address = '', prefixLength] = text.split('/')
      const family = address.includes(':') ? (6 as const) : (4 as const)
      return { family, address, prefixLength: Number(prefixLength), validLifetimeS: null }
    })
    const mac = `02:00:00:00:00:0${index}`
    this.links = [...this.links, { index, name, mac, mtu: 1500, up: true, addresses: held }]
  }

  /** Like a process without CAP_NET_RAW. */
  refuseRawSockets(): void {
    this.refusal = refused('EPERM', 'raw socket for IP protocol 112: Operation not permitted; it needs CAP_NET_RAW')
  }

  async interfaces(): Promise<Result<readonly NetworkInterface[]>> {
    return { ok: true, value: this.links }
  }

  async routes(): Promise<readonly RouteView[]> {
    const { defaultRoute: interfaceName } = this
    return interfaceName === undefined ? [] : [{ network: '0.0.0.0', prefixLength: 0, interfaceName }]
  }

  /** Its number. */
  group: number | null = null

  async serviceGroup(): Promise<number | null> {
    return this.group
  }

  async listeningPrograms(ports: ReadonlySet<number>): Promise<ReadonlyMap<number, readonly string[]>> {
    return new Map([...this.programs].filter(([port]) => ports.has(port)))
  }

  async hearRouters(): Promise<Result<readonly HeardRouter[]>> {
    return this.refusal ?? { ok: true, value: this.routers }
  }

  async holdersOf(_link: NetworkInterface, addresses: readonly string[]): Promise<Result<ReadonlyMap<string, string>>> {
    this.asked.push(...addresses)
    return (
      this.refusal ?? { ok: true, value: new Map([...this.holders].filter(([address]) => addresses.includes(address))) }
    )
  }
}
