import { listeningProxy } from '../../../runtime/lab/testbed/listening-proxy.ts'
import type { Namespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, until, VIP } from '../group.ts'
import type { RawAdvert } from './raw-frame.ts'
import { RawPeer } from './raw-peer.ts'

export const PEER = '10.88.0.99'

/** A line of the gateway's log, and when it was written on the clock of `RawPeer`, to the millisecond. */
interface LogLine {
  readonly atMs: number
  readonly text: string
}

/** What one gateway of a wire test is configured by. */
export interface WireOptions {
  readonly version: 2 | 3
  readonly priority: number
  readonly ownIntervalMs: number
  readonly preempt?: boolean
}

/** A real gateway and a raw peer on one subnet: everything that the gateway says is seen, and anything can be said to it. */
export class WireBench {
  readonly options: WireOptions
  readonly group: Group
  readonly node: GatewayNode
  readonly lines: LogLine[] = []
  readonly peer: RawPeer

  private constructor(options: WireOptions, group: Group, peer: RawPeer) {
    this.options = options
    this.group = group
    this.node = group.nodes[0]!
    this.peer = peer
  }

  static async create(namespaces: Namespaces, options: WireOptions): Promise<WireBench> {
    const { version, priority, ownIntervalMs, preempt = true } = options
    const vrrp = `vrrp: { version: ${version}, advertInterval: ${ownIntervalMs}ms, preempt: ${preempt} }`
    const group = new Group(namespaces, { priorities: [priority], settings: `${vrrp}\nforwarders: { count: 1 }` })
    const peer = await RawPeer.start(group.origin, PEER, [VIP])
    return new WireBench(options, group, peer)
  }

  /** Starts a stand-in for the proxy, and the gateway. */
  startGateway(): void {
    this.node.proxy ??= this.node.namespace.start(process.execPath, ['-e', listeningProxy(3128)])
    this.node.startGateway()
    this.#readLog()
  }

  #readLog(): void {
    const wallClockAheadMs = Date.now() - Number(process.hrtime.bigint() / 1_000_000n)
    const next = (): void => {
      this.node.gateway!.nextLine().then(
        (line) => {
          const { time, msg } = JSON.parse(line)
          this.lines.push({ atMs: Number(new Date(time)) - wallClockAheadMs, text: msg })
          next()
        },
        () => undefined,
      )
    }
    next()
  }

  async logged(text: string): Promise<LogLine> {
    const find = () => this.lines.find((line) => line.text.includes(text))
    await until(
      () => find() !== undefined,
      20_000,
      () => `"${text}" in the log: ${JSON.stringify(this.lines)}`,
    )
    return find()!
  }

  /** An advert of the peer that is as it should be, of an interval of a second. */
  advert(priority: number, also: Partial<RawAdvert> = {}): RawAdvert {
    return { version: this.options.version, priority, intervalCs: 100, ...also }
  }

  /** Has the peer send an advert every 50 ms, until told to stop; that answers when the last one left. */
  keepSending(advert: RawAdvert): () => Promise<number> {
    let last = this.peer.send(advert)
    const timer = setInterval(() => {
      last = this.peer.send(advert)
    }, 50)
    return () => {
      clearInterval(timer)
      return last
    }
  }

  async state(): Promise<string> {
    return (await this.node.status())?.vrrp.state ?? 'unreachable'
  }

  async inState(state: 'BACKUP' | 'MASTER', withinMs = 20_000): Promise<void> {
    let last = ''
    await until(
      async () => {
        last = await this.state()
        // The addresses follow the first advert and go before the state does.
        return last === state && this.node.holdsVip() === (state === 'MASTER')
      },
      withinMs,
      () => `${state}, it is ${last} and ${this.node.holdsVip() ? 'holds' : 'does not hold'} the VIP`,
    )
  }

  /** From wherever it is to MASTER: a master of priority 200 resigns. */
  async promote(): Promise<void> {
    if ((await this.state()) !== 'MASTER') await this.peer.send(this.advert(0))
    await this.inState('MASTER')
  }

  /** How often an advert was discarded, by reason. */
  async discarded(): Promise<Record<string, number>> {
    const { vrrp } = (await this.node.get('/status')) as {
      readonly vrrp: { readonly counters: Record<string, number> }
    }
    const discarded = Object.entries(vrrp.counters).filter(([event]) => event.startsWith('discarded.'))
    return Object.fromEntries(discarded.map(([event, count]) => [event.replace('discarded.', ''), count]))
  }
}
