/** Looks at the gateway again and again, and at once when something has happened there. */
import { ask, follow, Refusal } from './gateway.js'
import { History } from './history.js'
import { NOTHING_KNOWN } from './knowledge.js'
import { withNew } from './timeline.js'

/** @import { DoctorReport, TrafficHistory } from '../messages.ts' */
/** @import { Access, Actor, Entry, Knowledge, Status } from './knowledge.js' */

const EVERY_MS = 1000
/** Nobody sees the page: the title and the icon of its tab are enough. */
const EVERY_HIDDEN_MS = 5000
/** Between two looks, however much happens. */
const LEAST_MS = 300
/** Parts that change seldom. */
const SELDOM_MS = 3000
const LISTEN_AGAIN_MS = 2000
/** An answer that is older is said to be old, although a question is still under way. */
const LATE_MS = 3500
/** Clocks that differ by less are taken for the same: HTTP tells whole seconds. */
const SKEW_MS = 2000

export class Watch {
  /** @type {Knowledge} */
  #knowledge = NOTHING_KNOWN
  history = new History()
  /** Whether anybody looks at the actors. */
  wantsActors = false
  /** The gateway answers 404 for these, so it does not have them. */
  #absent = new Set()
  /** @type {Map<string, number>} */
  #askedAtMs = new Map()
  /** Of the timeline: the last entry that is known. After a new start of the gateway all is asked anew. @type {string | number | null} */
  #lastEntry = null
  /** @type {string | null} */
  #version = null
  #onChange
  #skewMs = 0
  #lookedAtMs = 0
  #isLooking = false
  /** Requests in a row that nobody answered. */
  #lost = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange
  }

  /** What is known, as of now. @returns {Knowledge} */
  get knowledge() {
    const nowMs = Date.now() + this.#skewMs
    const { statusAtMs, trouble } = this.#knowledge
    const isLate = statusAtMs !== null && nowMs - statusAtMs > LATE_MS + (document.hidden ? EVERY_HIDDEN_MS : 0)
    return { ...this.#knowledge, nowMs, trouble: trouble ?? (isLate ? 'Its answer is late' : null) }
  }

  start() {
    document.addEventListener('visibilitychange', () => this.nudge())
    void this.#look()
    void this.#listen()
  }

  /** Something has happened: looks soon. */
  nudge() {
    clearTimeout(this.#timer)
    if (this.#isLooking) return
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, this.#lookedAtMs + LEAST_MS - Date.now()))
  }

  /** Asks everything anew, with another token. */
  renew() {
    this.#absent.clear()
    this.#askedAtMs.clear()
    this.#lastEntry = null
    this.#knowledge = { ...this.#knowledge, access: null }
    this.nudge()
  }

  async #look() {
    this.#isLooking = true
    this.#lookedAtMs = Date.now()
    let isOnce = false
    try {
      const { value, headers } = await ask('status?all=1')
      const toldMs = Date.parse(headers.get('date') ?? '')
      const skewMs = toldMs + 500 - Date.now()
      this.#skewMs = Math.abs(skewMs) > SKEW_MS ? skewMs : 0
      // It was away: it may be another version now.
      if (this.#knowledge.trouble !== null) this.renew()
      this.#lost = 0
      const status = /** @type {Status} */ (value)
      // What to do about it is asked for at once.
      if (status.verdict.text !== this.#knowledge.status?.verdict.text) this.#askedAtMs.delete('doctor')
      this.#knowledge = {
        ...this.#knowledge,
        status,
        statusAtMs: Date.now() + this.#skewMs,
        trouble: null,
        isLocked: false,
      }
      this.#onChange()
      if (!document.hidden) await this.#lookAtParts()
    } catch (error) {
      const isLocked = error instanceof Refusal && error.status === 401
      const trouble = isLocked ? 'It asks for a token' : error instanceof Refusal ? error.message : 'No connection'
      // One request may be lost, as where the reader's own network changes: another one tells.
      isOnce = !(error instanceof Refusal) && this.#lost++ === 0
      if (!isOnce) this.#knowledge = { ...this.#knowledge, trouble, isLocked }
    }
    this.#isLooking = false
    this.#onChange()
    clearTimeout(this.#timer)
    const dueMs = isOnce ? 0 : this.#lookedAtMs + (document.hidden ? EVERY_HIDDEN_MS : EVERY_MS)
    this.#timer = setTimeout(() => void this.#look(), Math.max(LEAST_MS, dueMs - Date.now()))
  }

  async #lookAtParts() {
    const { access, timeline } = this.#knowledge
    const last = this.#lastEntry
    await Promise.all([
      access === null && this.#lookAt('access', '', 0, (value) => this.#takeAccess(/** @type {Access} */ (value))),
      this.#lookAt('history', this.history.query, 0, (value) => {
        this.history.add(/** @type {TrafficHistory} */ (value))
        return {}
      }),
      this.#lookAt('doctor', '', SELDOM_MS, (value) => {
        return { findings: /** @type {DoctorReport} */ (value).findings }
      }),
      this.#lookAt('timeline', last === null ? '' : `?after=${encodeURIComponent(last)}`, EVERY_MS, (value) => {
        const { entries } = /** @type {{ entries: readonly Entry[] }} */ (value)
        this.#lastEntry = entries.at(-1)?.id ?? last
        return { timeline: last === null ? entries : withNew(timeline ?? [], entries) }
      }),
      this.wantsActors &&
        this.#lookAt('actors', '', EVERY_MS, (value) => ({ actors: /** @type {readonly Actor[]} */ (value) })),
    ])
  }

  /** After an upgrade the page of the former version goes. @param {Access} access */
  #takeAccess(access) {
    if (this.#version !== null && access.version !== this.#version) location.reload()
    this.#version = access.version
    return { access }
  }

  /**
   * @param {string} part
   * @param {string} query
   * @param {number} everyMs
   * @param {(value: unknown) => Partial<Knowledge>} taken
   */
  async #lookAt(part, query, everyMs, taken) {
    const askedAtMs = this.#askedAtMs.get(part) ?? 0
    if (this.#absent.has(part) || Date.now() < askedAtMs + everyMs - LEAST_MS) return
    this.#askedAtMs.set(part, Date.now())
    try {
      const { value } = await ask(part + query)
      this.#knowledge = { ...this.#knowledge, ...taken(value) }
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) this.#absent.add(part)
    }
  }

  /** Hears of what happens, so that nothing waits for the next look. Its readers are limited: without, a look a second is all. */
  async #listen() {
    for (;;) {
      const { trouble, status } = this.#knowledge
      if (trouble === null && status !== null) {
        await follow('events?last=1', null, () => this.nudge()).catch(() => undefined)
        this.nudge()
      }
      await new Promise((resolve) => setTimeout(resolve, LISTEN_AGAIN_MS))
    }
  }
}
