import type { Namespace, RunningProgram } from '../../namespaces.ts'
import { advertFrame, type RawAdvert, readFrame, type Seen, type SeenAdvert, type SeenArp } from './raw-frame.ts'

const SCRIPT = new URL('../fixtures/raw-frames.ts', import.meta.url)

/** When it was seen, ms, on the clock that `send` answers by. */
export type At<Kind> = Kind & { readonly atMs: number }

type SeenOf<Kind extends Seen['kind']> = Extract<Seen, { readonly kind: Kind }>

/** A router on the wire that says and hears whole frames, in a namespace of its own. */
export class RawPeer {
  readonly mac: string
  readonly address: string
  readonly seen: At<Seen>[] = []
  readonly #addresses: string[]
  readonly #program: RunningProgram
  readonly #sends: ((sentAtMs: number) => void)[] = []
  readonly #watchers = new Set<() => void>()

  private constructor(program: RunningProgram, mac: string, address: string, addresses: string[]) {
    this.#program = program
    this.mac = mac
    this.address = address
    this.#addresses = addresses
  }

  /** `address`: what it sends from; `addresses`: the virtual ones of its adverts. */
  static async start(namespace: Namespace, address: string, addresses: string[]): Promise<RawPeer> {
    const program = namespace.startScript(SCRIPT)
    const { mac } = JSON.parse(await program.nextLine())
    const peer = new RawPeer(program, mac, address, addresses)
    peer.#listen()
    return peer
  }

  #listen(): void {
    const next = (): void => {
      this.#program.nextLine().then(
        (line) => {
          this.#take(JSON.parse(line))
          next()
        },
        () => undefined,
      )
    }
    next()
  }

  #take(said: { readonly sentAtMs: number } | { readonly atMs: number; readonly frame: string }): void {
    if ('sentAtMs' in said) {
      this.#sends.shift()?.(said.sentAtMs)
      return
    }
    const seen = readFrame(Buffer.from(said.frame, 'hex'))
    if (seen === null) return
    this.seen.push({ ...seen, atMs: said.atMs })
    for (const watch of this.#watchers) watch()
  }

  /** Sends frames as they are; when, just before the first. */
  sendFrames(...frames: readonly Buffer[]): Promise<number> {
    return new Promise((resolve) => {
      this.#sends.push(resolve)
      this.#program.process.stdin!.write(`${JSON.stringify(frames.map((frame) => frame.toString('hex')))}\n`)
    })
  }

  /** Sends adverts; when, just before the first. */
  send(...adverts: readonly RawAdvert[]): Promise<number> {
    const from = { source: this.address, addresses: this.#addresses }
    return this.sendFrames(...adverts.map((advert) => advertFrame(advert, this.mac, from)))
  }

  adverts(afterMs: number): At<SeenAdvert>[] {
    return this.seen.filter((seen) => seen.kind === 'vrrp' && seen.atMs >= afterMs) as At<SeenAdvert>[]
  }

  arps(afterMs: number): At<SeenArp>[] {
    return this.seen.filter((seen) => seen.kind === 'arp' && seen.atMs >= afterMs) as At<SeenArp>[]
  }

  /** The first that fits of all seen since `afterMs`, awaited. */
  async first<Kind extends Seen['kind']>(
    kind: Kind,
    afterMs: number,
    fits: (seen: SeenOf<Kind>) => boolean = () => true,
    withinMs = 20_000,
  ): Promise<At<SeenOf<Kind>>> {
    const isIt = (seen: At<Seen>): seen is At<SeenOf<Kind>> =>
      seen.kind === kind && seen.atMs >= afterMs && fits(seen as Seen as SeenOf<Kind>)
    return (
      this.seen.find(isIt) ??
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer)
          this.#watchers.delete(look)
        }
        const look = (): void => {
          const seen = this.seen.find(isIt)
          if (!seen) return
          end()
          resolve(seen)
        }
        const timer = setTimeout(() => {
          end()
          const last = this.seen.slice(-5).map((seen) => JSON.stringify(seen))
          reject(new Error(`no such ${kind} within ${withinMs} ms; last seen: ${last.join(' ')}`))
        }, withinMs)
        this.#watchers.add(look)
      })
    )
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}
