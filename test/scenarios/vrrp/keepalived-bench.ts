import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepalivedConf } from '../../../loadtest/failover/configurations.ts'
import { listeningProxy } from '../../../runtime/lab/testbed/listening-proxy.ts'
import type { Namespaces, RunningProgram } from '../../namespaces.ts'
import { type GatewayNode, Group, until, VIP } from '../group.ts'
import type { SeenAdvert } from './raw-frame.ts'
import { type At, RawPeer } from './raw-peer.ts'

export type Version = 2 | 3
/** `we` are proxyha, `it` is keepalived. */
export type Router = 'we' | 'it'

export const other = (router: Router): Router => (router === 'we' ? 'it' : 'we')

/** With shorter ones keepalived takes a master for dead, on a busy machine, because it comes late to its own timer. */
const INTERVAL_MS = { 2: 1000, 3: 300 } as const

/** One gateway, one keepalived and a listener on a subnet. Either router is started and ended at will, at any priority. */
export class KeepalivedBench {
  readonly version: Version
  readonly intervalMs: number
  readonly group: Group
  readonly listener: RawPeer
  /** From where keepalived sends: above or below our address. */
  itsAddress = ''
  #keepalived: RunningProgram | undefined
  #keepalivedSaid = ''
  #starts = 0
  #pidFiles = ''

  private constructor(version: Version, group: Group, listener: RawPeer) {
    this.version = version
    this.intervalMs = INTERVAL_MS[version]
    this.group = group
    this.listener = listener
  }

  static async create(namespaces: Namespaces, version: Version): Promise<KeepalivedBench> {
    const vrrp = `vrrp: { version: ${version}, advertInterval: ${INTERVAL_MS[version]}ms }`
    const settings = `${vrrp}\nforwarders: { count: 1 }`
    const group = new Group(namespaces, { priorities: [99], settings })
    group.nodes[0]!.namespace.start(process.execPath, ['-e', listeningProxy(3128)])
    group.origin.ip('address', 'add', '10.88.0.5/16', 'dev', 'eth0')
    return new KeepalivedBench(version, group, await RawPeer.start(group.client, '10.88.1.1', []))
  }

  get #node(): GatewayNode {
    return this.group.nodes[0]!
  }

  addressOf(router: Router): string {
    return router === 'we' ? this.#node.address : this.itsAddress
  }

  holds(router: Router): boolean {
    const host = router === 'we' ? this.#node.namespace : this.group.origin
    return host.ip('-o', '-4', 'address', 'show', 'dev', 'eth0').includes(` ${VIP}/`)
  }

  /** Starts a router, its own address above or below the other's. */
  start(router: Router, priority: number, itsAddress: 'higher' | 'lower'): void {
    this.itsAddress = itsAddress === 'higher' ? '10.88.0.99' : '10.88.0.5'
    if (router === 'it') this.#startKeepalived(priority)
    else this.#node.startGateway(priority)
  }

  #startKeepalived(priority: number): void {
    const { folder, origin } = this.group
    const file = join(folder, 'keepalived.conf')
    writeFileSync(
      file,
      keepalivedConf({
        version: this.version,
        priority,
        advertInterval: this.intervalMs / 1000,
        virtualIp: `${VIP}/16`,
        settings: `mcast_src_ip ${this.itsAddress}`,
      }),
    )
    // It takes a file that a killed one has left for a running one, where the number lives again.
    this.#pidFiles = join(folder, `keepalived-${this.#starts++}`)
    const pids = `-p ${this.#pidFiles}.pid -r ${this.#pidFiles}.child`
    const program = origin.start('sh', ['-c', `exec keepalived -n -l -P -f ${file} ${pids} 2>&1`])
    this.#keepalivedSaid = ''
    program.process.stdout!.on('data', (text) => {
      this.#keepalivedSaid += text
    })
    this.#keepalived = program
  }

  /** Ends a router by a signal. Its death takes all of its processes at once; its kernel's addresses stay. */
  async end(router: Router, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (router === 'we') {
      await this.#node.stopGateway(signal)
      return
    }
    // The parent would start its child anew, and the child stop in order when the parent is gone: freeze, then kill both.
    if (signal === 'SIGKILL') {
      const script = 'parent=$(cat "$0.pid"); kill -STOP $parent; kill -9 $(cat "$0.child") $parent'
      await this.group.origin.run('sh', ['-c', script, this.#pidFiles])
    }
    await this.#keepalived!.stop(signal)
  }

  /** Exactly that router holds the address, and the other one, where it runs, is a backup that knows it. */
  async led(master: Router, otherRuns: boolean): Promise<void> {
    await until(
      async () =>
        this.holds(master) &&
        (!otherRuns || !this.holds(other(master))) &&
        (!otherRuns || (await this.#isBackup(other(master)))),
      60_000,
      () => `${master} alone as master; we: ${this.holds('we')}, it: ${this.holds('it')}, ${this.#keepalivedSaid}`,
    )
  }

  async #isBackup(router: Router): Promise<boolean> {
    if (router === 'it') {
      const entered = [...this.#keepalivedSaid.matchAll(/Entering (\w+) STATE/g)]
      return entered.at(-1)?.[1] === 'BACKUP'
    }
    const { state, masterIp } = (await this.#node.status())?.vrrp ?? {}
    return state === 'BACKUP' && masterIp === this.itsAddress
  }

  /** All that `router` has advertised since then. */
  adverts(router: Router, afterMs: number): At<SeenAdvert>[] {
    return this.listener.adverts(afterMs).filter(({ source }) => source === this.addressOf(router))
  }

  /** The first advert of `router` since then that fits. */
  advert(router: Router, afterMs: number, fits: (advert: SeenAdvert) => boolean = () => true): Promise<At<SeenAdvert>> {
    return this.listener.first('vrrp', afterMs, (seen) => seen.source === this.addressOf(router) && fits(seen))
  }

  /** Now, on the clock of the adverts, once all that was sent before has been heard. */
  now(): Promise<number> {
    return this.listener.sendFrames()
  }

  /** The switch no longer carries frames between the two; the listener still hears both. */
  async split(isSplit: boolean): Promise<void> {
    for (const port of ['port0', 'port1']) {
      this.group.bridge.ip('link', 'set', port, 'type', 'bridge_slave', 'isolated', isSplit ? 'on' : 'off')
    }
  }

  /** Ends both and removes what they left, for the next case. */
  async clear(): Promise<void> {
    await this.split(false)
    await Promise.all([this.#node.gateway?.stop('SIGKILL'), this.#keepalived?.stop('SIGTERM')])
    for (const router of ['we', 'it'] as const) {
      const host = router === 'we' ? this.#node.namespace : this.group.origin
      host.ip('address', 'flush', 'dev', 'eth0', 'to', VIP)
    }
  }
}
