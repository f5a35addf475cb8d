/** The actors of this gateway: who runs where, how busy, and how well. Pure. */
import { clockTime, count, duration, milliseconds, short } from './format.js'
import { h } from './markup.js'

/** @import { Actor } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/** Rates of handled messages, from two looks at the counters. */
export class HandlingRates {
  /** @type {{ atMs: number, handled: ReadonlyMap<string, number> } | null} */
  #former = null
  /** @type {ReadonlyMap<string, number>} messages a second */
  perS = new Map()

  /** @param {readonly Actor[]} actors @param {number} atMs */
  look(actors, atMs) {
    const former = this.#former
    const handled = new Map(actors.map((actor) => [`${actor.name} ${actor.restarts}`, actor.handled]))
    if (former !== null && atMs > former.atMs) {
      const perS = actors.flatMap(({ name, restarts, handled: now }) => {
        const then = former.handled.get(`${name} ${restarts}`)
        // A new incarnation begins at 0.
        return then === undefined || now < then
          ? []
          : [/** @type {const} */ ([name, ((now - then) * 1000) / (atMs - former.atMs)])]
      })
      this.perS = new Map(perS)
    }
    this.#former = { atMs, handled }
  }
}

/**
 * @typedef {object} LastError
 * @property {number} atMs
 * @property {string} reason
 */

const COLUMNS = [
  'actor',
  'state',
  'messages/s',
  'handling p50',
  'p99',
  'waiting',
  'lost',
  'restarts',
  'runs for',
  'last error',
]

/**
 * A tree: the supervisor on the main thread, with it the actors there, and the threads with theirs.
 *
 * @param {readonly Actor[]} actors
 * @param {ReadonlyMap<string, number>} perS
 * @param {ReadonlyMap<string, LastError>} errors by actor
 * @param {number} nowMs
 * @returns {readonly Markup[]}
 */
export function actorsView(actors, perS, errors, nowMs) {
  const onMain = actors.filter(({ placement }) => placement === 'main')
  const onThreads = actors.filter(({ placement }) => placement === 'worker')
  /** @param {Actor} actor */
  const rowOf = (actor) => row(actor, perS.get(actor.name), errors.get(actor.name), nowMs)
  return [
    h(
      'table',
      { class: 'actors' },
      h('caption', { class: 'unseen' }, 'Actors'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          COLUMNS.map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        groupRow('supervisor, on the main thread'),
        onMain.map(rowOf),
        groupRow('on other threads; those of one number share it'),
        onThreads.map(rowOf),
      ),
    ),
  ]
}

/** @param {string} words */
const groupRow = (words) =>
  h('tr', { key: words, class: 'group' }, h('th', { scope: 'rowgroup', colspan: COLUMNS.length }, words))

/** @param {Actor} actor @param {number | undefined} rate @param {LastError | undefined} error @param {number} nowMs */
function row(actor, rate, error, nowMs) {
  const { name, state, threadId, scheduling, mailbox, overflowed, restarts, upMs, handlingMs } = actor
  const cells = [
    rate === undefined ? '–' : short(rate),
    handlingMs ? milliseconds(handlingMs.p50) : '–',
    handlingMs ? milliseconds(handlingMs.p99) : '–',
    count(mailbox),
    count(overflowed),
    count(restarts),
    state === 'running' ? duration(upMs) : '–',
  ]
  return h(
    'tr',
    { key: name },
    h(
      'th',
      { scope: 'row' },
      name,
      threadId !== null &&
        threadId > 0 &&
        h('span', { class: 'dim small' }, ` thread ${threadId}${scheduling === 'ordinary' ? '' : `, ${scheduling}`}`),
    ),
    h('td', { 'data-column': 'state', class: state === 'running' ? 'ok' : 'warning' }, state),
    cells.map((text, index) => h('td', { class: 'number', 'data-column': COLUMNS[index + 2] }, text)),
    h(
      'td',
      { 'data-column': 'last error' },
      error === undefined ? '–' : `${clockTime(error.atMs, nowMs)} ${error.reason}`,
    ),
  )
}
