/** Three gateways in kernel mode without their process: namespaces, rulesets by hand, a proxy that says its name, a client. */
import { once } from 'node:events'
import type { NodeTraffic } from '../../../actors/fast-path/kernel/listing.ts'
import { fullRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { KnownConnection, Pin, Ruleset, RulesetNode } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { parseClientKey, slotOfKey } from '../../../runtime/table/client-key.ts'
import type { Namespace, Namespaces } from '../../namespaces.ts'
import { macOf } from '../../scenarios/group.ts'
import { rulesetOf, slotsOf } from './rulesets.ts'

export const VIP = '10.77.0.10'
export const VIP6 = 'fd00:77::10'

/** A client of either family for each gateway, by its mark. */
export const CLIENT_OF_EACH = {
  '10.77.0.101': 1,
  '10.77.0.102': 2,
  '10.77.0.103': 3,
  'fd00:77::101': 1,
  'fd00:77::102': 2,
  'fd00:77::103': 3,
}

/** A gateway. Its mark is its number. */
export interface Gateway {
  readonly mark: number
  readonly name: string
  readonly namespace: Namespace
  readonly address: string
  readonly address6: string
  readonly mac: string
}

/** Of a client's address, the slot of the kernel's hash. */
const slotOfClient = (client: string): number => slotOfKey(...parseClientKey(client)!)

export type InterfaceKind = 'veth' | 'bridge' | 'macvlan'

/** Puts another interface of that name and address on top of `eth0`, which becomes its port. */
function layInterface(namespace: Namespace, kind: InterfaceKind, address: string): void {
  if (kind === 'veth') return
  namespace.ip('link', 'set', 'eth0', 'down')
  namespace.ip('address', 'flush', 'dev', 'eth0')
  namespace.ip('link', 'set', 'eth0', 'name', 'port0')
  if (kind === 'bridge') {
    namespace.ip('link', 'add', 'eth0', 'type', 'bridge')
    namespace.ip('link', 'set', 'port0', 'master', 'eth0')
  } else {
    namespace.ip('link', 'add', 'link', 'port0', 'name', 'eth0', 'type', 'macvlan', 'mode', 'bridge')
  }
  for (const device of ['port0', 'eth0']) namespace.ip('link', 'set', device, 'up')
  namespace.ip('address', 'add', address, 'dev', 'eth0')
}

/** What packets have written at a gateway, as its fast path reads it. */
export const listed = (namespace: Namespace) =>
  namespace.runScript(new URL('./fixtures/listed.ts', import.meta.url)) as Promise<{
    readonly pins: readonly Pin[]
    readonly connections: readonly KnownConnection[]
    readonly traffic: readonly NodeTraffic[]
  }>

export class KernelGroup {
  readonly bridge: Namespace
  readonly client: Namespace
  readonly clientMac: string
  readonly gateways: readonly [Gateway, Gateway, Gateway]

  /** What `eth0` of each gateway is: by itself one end of a veth pair, else on top of one. */
  constructor(namespaces: Namespaces, kinds: readonly InterfaceKind[] = []) {
    const addresses = ['10.77.0.1', '10.77.0.2', '10.77.0.3', '10.77.0.4']
    const { bridge, members } = namespaces.subnet(...addresses.map((address) => `${address}/24`))
    kinds.forEach((kind, index) => {
      layInterface(members[index + 1]!, kind, `${addresses[index + 1]}/24`)
    })
    for (const [index, member] of members.entries()) {
      member.ip('address', 'add', `fd00:77::${index + 1}/64`, 'dev', 'eth0', 'nodad')
    }
    this.bridge = bridge
    this.client = members[0]!
    this.clientMac = macOf(this.client)
    const gateway = (mark: number): Gateway => ({
      mark,
      name: `node-${mark}`,
      namespace: members[mark]!,
      address: addresses[mark]!,
      address6: `fd00:77::${mark + 1}`,
      mac: macOf(members[mark]!),
    })
    this.gateways = [gateway(1), gateway(2), gateway(3)]
  }

  /** More addresses of the client's. */
  addClients(...addresses: readonly string[]): void {
    for (const address of addresses) {
      const v6 = address.includes(':')
      this.client.ip('address', 'add', `${address}/${v6 ? 64 : 24}`, 'dev', 'eth0', ...(v6 ? ['nodad'] : []))
    }
  }

  async startProxies(...ports: readonly number[]): Promise<void> {
    const script = new URL('./fixtures/named-proxy.ts', import.meta.url)
    const proxies = this.gateways.map(({ namespace, name }) =>
      namespace.startScript(script, name, ...ports.map((port) => `${port}`)),
    )
    await Promise.all(proxies.map((proxy) => proxy.nextLine()))
  }

  nodes(own: Gateway): RulesetNode[] {
    return this.gateways.map(({ mark, mac }) => ({
      mark,
      mac,
      self: mark === own.mark,
      takesNew: true,
      reachable: true,
    }))
  }

  /** What this gateway's ruleset is. Slots are the first gateway's but for what `changes` says. */
  rulesetOf(gateway: Gateway, director: boolean, changes: Partial<Ruleset> = {}): Ruleset {
    const role = director ? 'director' : 'node'
    return rulesetOf({
      mac: gateway.mac,
      managementIp: gateway.address,
      virtualIps: [VIP, VIP6].map((address) => ({ address, role })),
      nodes: this.nodes(gateway),
      slots: slotsOf(() => 1),
      ...changes,
    })
  }

  /** Makes one gateway the director and the others nodes, addresses included. */
  async direct(director: Gateway, changes: Partial<Ruleset> = {}): Promise<void> {
    for (const gateway of this.gateways) {
      await apply(gateway.namespace, fullRuleset(this.rulesetOf(gateway, gateway === director, changes)))
      placeAddresses(gateway.namespace, gateway === director ? 'eth0' : 'lo')
    }
    this.client.ip('neighbour', 'flush', 'dev', 'eth0')
  }

  /** Resets what clients have open: the end of a connection of one test would be a packet in the next. */
  async endConnections(): Promise<void> {
    const { code, stderr } = await this.client.run('ss', ['-K', 'dst', VIP, 'or', 'dst', `[${VIP6}]`])
    if (code !== 0) throw new Error(stderr)
  }

  /** `NAME CLIENT PORT` of who answers, or how curl ended. */
  async ask(url: string, ...parameters: readonly string[]): Promise<string> {
    const { code, stdout } = await this.client.run('curl', ['-gs', '-m', '5', ...parameters, `http://${url}`])
    return code === 0 ? stdout : `curl ended with ${code}`
  }
}

/** One transaction; throws with nft's complaint. */
export async function apply(namespace: Namespace, script: string): Promise<void> {
  const { process } = namespace.start('nft', ['-f', '-'])
  let complaint = ''
  process.stderr!.on('data', (text) => {
    complaint += text
  })
  process.stdin!.end(script)
  const [code] = await once(process, 'close')
  if (code !== 0) throw new Error(`nft: ${complaint}`)
}

/** The VIPs, on the interface with its prefix or on lo without. */
export function placeAddresses(namespace: Namespace, device: 'eth0' | 'lo'): void {
  for (const { ifname, addr_info } of JSON.parse(namespace.ip('-j', 'address')) as Listed[]) {
    for (const { local, prefixlen } of addr_info.filter(({ local }) => local === VIP || local === VIP6)) {
      namespace.ip('address', 'del', `${local}/${prefixlen}`, 'dev', ifname)
    }
  }
  const [prefix, prefix6] = device === 'lo' ? [32, 128] : [24, 64]
  namespace.ip('address', 'add', `${VIP}/${prefix}`, 'dev', device)
  namespace.ip('address', 'add', `${VIP6}/${prefix6}`, 'dev', device, 'nodad')
}

interface Listed {
  readonly ifname: string
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[]
}

/** Slots where each of these clients is the node's whose mark stands beside it; all others are of mark 1. */
export function slotsFor(owners: Readonly<Record<string, number>>): Uint8Array {
  const marks = new Map(Object.entries(owners).map(([client, mark]) => [slotOfClient(client), mark]))
  if (marks.size < Object.keys(owners).length) throw new Error('two of these clients have the same slot')
  return slotsOf((slot) => marks.get(slot) ?? 1)
}
