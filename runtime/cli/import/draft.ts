/** The configuration that an import makes, while it is made. */
import type { NotifyEvent } from '../../../config/gateway-config.ts'
import { judgeMapping } from '../../../config/load.ts'
import type { Difference, Place, Statement } from './statement.ts'

/** One virtual router. */
export interface DraftInstance {
  readonly name: string
  readonly place: Place
  interfaceName: string | undefined
  virtualRouterId: number | undefined
  directorPriority: number | undefined
  virtualIps: string[]
  version: 2 | 3 | undefined
  /** Seconds, with where they are. */
  advertInterval: { readonly seconds: number; readonly place: Place } | undefined
  /** Other keys of `vrrp`, as the file has them. */
  readonly vrrp: Record<string, unknown>
  /** The lines that name scripts. */
  readonly tracked: Statement[]
  readonly notified: {
    readonly on: readonly NotifyEvent[]
    readonly command: readonly string[]
    readonly place: Place
  }[]
}

/** A `vrrp_script`. */
export interface DraftScript {
  /** Undefined: it names none that could be started. */
  command: readonly string[] | undefined
  /** Other keys of `track.scripts`, as the file has them. */
  readonly settings: Record<string, unknown>
  readonly place: Place
  isTracked: boolean
}

export interface DraftRedirect {
  readonly protocol: string | undefined
  readonly originalPort: number
  readonly proxyPort: number
  readonly proxyProtocol: 'v1' | 'v2' | undefined
}

/** Of a key of the file, or of one in a section of it. */
type Path = readonly [string, ...string[]]

/** It would end up in a log. */
const PASSWORD = /\b((?:auth_pass|password|pass)\s+)\S+/g

/** What is read so far; `settings` are further keys of the file, as it has them. */
export class Draft {
  readonly instances: DraftInstance[] = []
  readonly redirects: DraftRedirect[] = []
  readonly scripts = new Map<string, DraftScript>()
  readonly settings: Record<string, unknown> = {}
  readonly differences: Difference[] = []
  defaultInterface: string | undefined
  defaultVersion: 2 | 3 | undefined

  /** Lists a line. */
  differ({ file, line, text }: Place, reason: string, instead?: string): undefined {
    const shown = text.replaceAll(PASSWORD, '$1***')
    this.differences.push({ file, line, text: shown, reason, instead })
  }

  /** Sets `path` of the file, where the value is right and the key is not set otherwise already; else the line is listed. */
  set(path: Path, value: unknown, place: Place): undefined {
    const problem = settingProblem(path, value)
    if (problem !== null) return this.differ(place, `${path.join('.')}: ${problem}`, 'set it in the new file')
    if (this.#isOther(this.#at(path), value)) return this.#setTwice(place, path.join('.'))
    this.#put(path, value)
  }

  /** One more of the list at `path`, where it may be; else the line is listed. */
  add(path: Path, entry: unknown, place: Place): undefined {
    const list = [...((this.#at(path) ?? []) as readonly unknown[]), entry]
    const problem = settingProblem(path, list)
    if (problem !== null) return this.differ(place, `${path.join('.')}: ${problem}`, 'add it to the new file')
    this.#put(path, list)
  }

  #section(name: string): Readonly<Record<string, unknown>> {
    return (this.settings[name] ?? {}) as Readonly<Record<string, unknown>>
  }

  #at([first, second]: Path): unknown {
    return second === undefined ? this.settings[first] : this.#section(first)[second]
  }

  #put([first, second]: Path, value: unknown): void {
    this.settings[first] = second === undefined ? value : { ...this.#section(first), [second]: value }
  }

  #isOther(there: unknown, value: unknown): boolean {
    return there !== undefined && JSON.stringify(there) !== JSON.stringify(value)
  }

  #setTwice(place: Place, path: string): undefined {
    this.differ(
      place,
      `${path} is one setting for the whole gateway, and has another value already`,
      'choose one of them',
    )
  }

  /** Whether it is a virtual IP of one of the instances. */
  holds(address: string): boolean {
    return this.#addresses().includes(address)
  }

  /** Lists what names one virtual IP where there are several: a port is redirected on all of them. */
  tellOfAddress(address: string, port: number, place: Place): undefined {
    if (!this.holds(address))
      return this.differ(place, `${address} is no virtual IP of these instances`, 'see which address clients use')
    if (this.#addresses().length > 1)
      return this.differ(place, `port ${port} is redirected on all virtual IPs, not on ${address} alone`)
  }

  #addresses(): readonly string[] {
    return this.instances.flatMap(({ virtualIps }) => virtualIps.map((written) => written.split('/')[0] ?? ''))
  }

  /** Adds a redirect; a port that is redirected already is listed where it goes elsewhere. */
  redirect(redirect: DraftRedirect, place: Place): undefined {
    const same = this.redirects.find(({ originalPort }) => originalPort === redirect.originalPort)
    if (same === undefined) this.redirects.push(redirect)
    else if (same.proxyPort !== redirect.proxyPort)
      this.differ(
        place,
        `port ${redirect.originalPort} goes to port ${same.proxyPort} already`,
        'a port can be redirected once only',
      )
  }
}

/** The least that a configuration has. */
const REST = { virtualIps: ['192.0.2.1/32'], redirects: [{ originalPorts: [1], proxyPort: 1 }] }

/** What the configuration says to one value by itself; null: nothing. */
export function settingProblem(path: Path, value: unknown): string | null {
  const [first, second] = path
  const fragment = { [first]: second === undefined ? value : { [second]: value } }
  const judged = judgeMapping({ ...REST, ...fragment })
  if (judged.ok) return null
  return judged.problems.find((problem) => path.every((step, index) => problem.path[index] === step))?.text ?? null
}

/** `1s`, `2500ms`. */
export const durationText = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`
