import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { LogLevel } from '../../runtime/ports/host/syslog.ts'
import type { Nft } from '../../runtime/ports/nft/nft.ts'
import { done, type Result } from '../../runtime/ports/result.ts'
import { captureScript, removeCaptureScript } from './capture.ts'
import type { ListenerPlan } from './messages.ts'

/** Has nftables take captured ports to the forwarders. One transaction after the other: the last plan counts. */
export class Capturing {
  readonly #nft: Nft
  readonly #onLog: (level: LogLevel, line: string) => void
  /** As it is in force, or was to be. */
  #script = ''
  #problem: string | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(nft: Nft, onLog: (level: LogLevel, line: string) => void) {
    this.#nft = nft
    this.#onLog = onLog
  }

  /** Throws where a port must be captured and nftables does not do it. */
  async begin(listeners: readonly ListenerPlan[]): Promise<void> {
    const applied = await this.#apply(listeners)
    if (!applied.ok) throw Object.assign(new Error(refusal(listeners, applied.reason)), { code: applied.code })
  }

  /** Other ports from now on. What nftables refuses is told, and is not captured; the next plan asks for it again. */
  follow(listeners: readonly ListenerPlan[]): Promise<void> {
    this.#underWay = this.#underWay.then(async () => {
      const applied = await this.#apply(listeners)
      this.#problem = applied.ok ? null : refusal(listeners, applied.reason)
      if (this.#problem !== null) this.#onLog('error', this.#problem)
    })
    return this.#underWay
  }

  /** Nothing is captured any more. */
  async end(): Promise<void> {
    await this.#underWay
    if (this.#script !== '') await this.#nft.apply(removeCaptureScript())
  }

  /** For people. */
  get warnings(): readonly Warning[] {
    return this.#problem === null ? [] : [warning('capture-refused', null, this.#problem)]
  }

  async #apply(listeners: readonly ListenerPlan[]): Promise<Result> {
    const script = scriptFor(listeners)
    if (script === this.#script && this.#problem === null) return done
    this.#script = script
    return this.#nft.apply(script === '' ? removeCaptureScript() : script)
  }
}

/** Taken from its original port to another. */
const isCaptured = ({ port, originalPort }: ListenerPlan): boolean => port !== originalPort

function scriptFor(listeners: readonly ListenerPlan[]): string {
  const captured = listeners.filter(isCaptured)
  if (captured.length === 0) return ''
  return captureScript(captured.map(({ address, originalPort, port }) => ({ address, originalPort, listenPort: port })))
}

function refusal(listeners: readonly ListenerPlan[], reason: string): string {
  const ports = [...new Set(listeners.filter(isCaptured).map(({ originalPort }) => originalPort))].join(', ')
  const advice = 'install nftables, or choose original ports on which nobody on this host listens'
  return `redirects: port ${ports} is listened on by another program, so nftables has to take it to the forwarders: ${reason}; ${advice}`
}
