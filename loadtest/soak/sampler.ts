import { setTimeout as pause } from 'node:timers/promises'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import type { Observer } from '../chaos/observer.ts'
import type { Scene } from '../chaos/scene.ts'
import type { FigureName, Sample } from './figures.ts'

const PROCESS_EVERY_MS = 1000
/** A scrape of all metrics, and a listing of the kernel's tables, cost more than what they measure where they are asked for every second. */
const DELAY_EVERY_MS = 5000
const ELEMENTS_EVERY_MS = 10_000
const ANSWER_MS = 4000
const BYTES_PER_MIB = 1024 * 1024
/** Of the inspector's thread, at the last scrape. Its means and percentiles have the second between two looks in them. */
const DELAY = /^nodejs_eventloop_lag_seconds ([\d.e+-]+)$/m

/** Reads what the gateways of a scene use, until it is stopped. */
export class Sampler {
  readonly samples: Sample[] = []
  readonly #scene: Scene
  readonly #observer: Observer
  readonly #loops: readonly Promise<void>[]
  #isStopped = false

  constructor(scene: Scene, observer: Observer) {
    this.#scene = scene
    this.#observer = observer
    this.#loops = [
      this.#every(PROCESS_EVERY_MS, async () => this.#readProcesses()),
      this.#every(DELAY_EVERY_MS, () => this.#readDelays()),
      this.#every(ELEMENTS_EVERY_MS, () => this.#countElements()),
    ]
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#loops)
  }

  async #every(ms: number, look: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      const nextMs = monotonicMs() + ms
      await look()
      await pause(Math.max(0, nextMs - monotonicMs()))
    }
  }

  #add(host: string, figure: FigureName, value: number): void {
    this.samples.push({ host, figure, atMs: monotonicMs(), value })
  }

  #readProcesses(): void {
    for (const { host } of this.#scene.nodes) {
      const usage = this.#observer.usageOf(host)
      if (usage === undefined) continue
      this.#add(host, 'resident', usage.residentBytes / BYTES_PER_MIB)
      this.#add(host, 'files', usage.files)
      this.#add(host, 'threads', usage.threads)
    }
  }

  async #readDelays(): Promise<void> {
    for (const { host } of this.#scene.nodes) {
      const answer = await askGateway(socketOf(host), '/metrics', ANSWER_MS)
      const seconds = DELAY.exec(answer?.text ?? '')?.[1]
      if (seconds !== undefined) this.#add(host, 'delay', Number(seconds) * 1000)
    }
  }

  async #countElements(): Promise<void> {
    for (const { host, elements } of await this.#observer.elements()) this.#add(host, 'elements', elements)
  }
}
