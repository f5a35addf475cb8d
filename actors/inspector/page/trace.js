/** Single messages between actors, as they pass. Pure. */
import { h } from './markup.js'

/** @import { InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts' */
/** @import { Markup } from './markup.js' */
/** @import { Internal } from './timeline.js' */

/** Kept, the newest; older ones go, which is no loss that is counted. */
export const TRACE_KEPT = 500
const SHOWN = 100

/**
 * @typedef {object} Filter
 * @property {string} actor that sends or takes it; empty: all
 * @property {string} type part of its type; empty: all
 */

/** The last messages, and how many did not reach this page. */
export class Trace {
  /** @type {{ readonly number: number, readonly event: InspectionEvent }[]} */
  #kept = []
  #number = 0
  /** @type {Map<string, number>} what the next event of an actor is numbered */
  #expected = new Map()
  /** Events that the actors or the gateway had no room for. */
  dropped = 0
  /** Messages that passed while the trace was paused. */
  passed = 0
  isPaused = false

  /** @param {InspectionEvent} event */
  add(event) {
    const expected = this.#expected.get(event.actor)
    if (expected !== undefined && event.sequence > expected) this.dropped += event.sequence - expected
    this.#expected.set(event.actor, event.sequence + 1)
    if (event.type !== 'message') return
    if (this.isPaused) {
      this.passed += 1
      return
    }
    this.#kept.push({ number: this.#number++, event })
    if (this.#kept.length > TRACE_KEPT) this.#kept.shift()
  }

  /** The stream begins anew: what went by meanwhile is not counted. */
  restart() {
    this.#expected.clear()
  }

  /** The actors in it. */
  get actors() {
    const names = this.#kept.flatMap(({ event }) => (event.type === 'message' ? [event.actor, event.from] : []))
    return [...new Set(names)].sort()
  }

  /** The newest first. @param {Filter} filter */
  matching({ actor, type }) {
    const wanted = type.trim().toLowerCase()
    return this.#kept.filter(
      ({ event }) =>
        event.type === 'message' &&
        (actor === '' || event.actor === actor || event.from === actor) &&
        event.message.toLowerCase().includes(wanted),
    )
  }
}

/** @param {Trace} trace @param {Filter} filter @returns {readonly Markup[]} */
export function traceView(trace, filter) {
  const matching = trace.matching(filter)
  const rows = matching.slice(-SHOWN).reverse()
  const counted = [
    `${matching.length} of the last ${TRACE_KEPT} messages`,
    `${trace.dropped} dropped`,
    ...(trace.passed > 0 ? [`${trace.passed} passed while paused`] : []),
  ]
  return [
    h('p', { class: 'dim small', id: 'trace-count' }, counted.join(', ')),
    h(
      'table',
      { class: 'trace' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['time', 'from', 'to', 'message', 'bytes', 'waited'].map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map(({ number, event }) => traceRow(number, event)),
      ),
    ),
  ]
}

/** @param {number} number @param {InspectionEvent} event */
function traceRow(number, event) {
  if (event.type !== 'message') return null
  const time = new Date(event.wallMs).toISOString().slice(11, 23)
  return h(
    'tr',
    { key: number },
    h('td', {}, time),
    h('td', {}, event.from),
    h('td', {}, event.actor),
    h('td', {}, event.message),
    h('td', { class: 'number' }, event.bytes),
    h('td', { class: 'number' }, `${event.waitedMs.toFixed(1)} ms`),
  )
}

/** What the timeline does not tell. @param {InspectionEvent} event */
export const isInternal = ({ type }) => type !== 'happened' && type !== 'message'

/** An event of the actors in words. @param {InspectionEvent} event @returns {Internal} */
export function internalOf(event) {
  return { atMs: event.wallMs, actor: event.actor, words: wordsOf(event) }
}

/** @param {InspectionEvent} event @returns {string} */
function wordsOf(event) {
  switch (event.type) {
    case 'log':
      return event.line
    case 'state':
      return `${event.from} → ${event.to} (${event.cause})`
    case 'crashed':
    case 'escalated':
      return `${event.type}: ${event.reason}`
    case 'deadLetter':
      return `dead letter to ${event.to}: ${event.message} (${event.reason})`
    case 'restarting':
      return `starts anew in ${event.delayMs} ms`
    case 'stalled':
      return `stands still for ${event.silentMs} ms`
    case 'spawned':
      return 'runs'
    default:
      return event.type
  }
}
