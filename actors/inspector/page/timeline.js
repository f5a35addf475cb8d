/** What happened: a lane for each node, and the entries in words. Pure. */
import { clockTime, clockTimeWithZone } from './format.js'
import { hueOf } from './knowledge.js'
import { h } from './markup.js'
import { SIGNS } from './verdict.js'

/** @import { Entry, Knowledge } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/**
 * @typedef {object} Internal an event of the actors
 * @property {number} atMs
 * @property {string} actor
 * @property {string} words
 */

const ENTRIES_SHOWN = 60
const LANE_PX = 26
const NAMES_PX = 104
const AXIS_PX = 22

/** What can be shown of the past. */
export const SPANS = [
  { name: '15 min', ms: 15 * 60_000 },
  { name: '6 h', ms: 6 * 3_600_000 },
  { name: '7 days', ms: 7 * 86_400_000 },
]

/** Adds what is new, and keeps so many as a gateway does. @param {readonly Entry[]} known @param {readonly Entry[]} more @returns {readonly Entry[]} */
export function withNew(known, more) {
  const ids = new Set(known.map(({ id }) => id))
  const fresh = more.filter(({ id }) => !ids.has(id))
  return fresh.length === 0 ? known : [...known, ...fresh].slice(-1000)
}

/** Who led when, from the entries that say so. @param {readonly Entry[]} entries @param {number} nowMs */
export function reignsOf(entries, nowMs) {
  /** @type {{ address: string, fromMs: number, toMs: number }[]} */
  const reigns = []
  for (const { kind, address, at } of entries) {
    if (address === null) continue
    const current = reigns.at(-1)
    const isOpen = current !== undefined && current.toMs === nowMs
    const endsNow =
      isOpen && (kind === 'director' ? current.address !== address : current.address === address && ENDS.has(kind))
    if (endsNow) current.toMs = Date.parse(at)
    if (kind === 'director' && !(isOpen && current.address === address))
      reigns.push({ address, fromMs: Date.parse(at), toMs: nowMs })
  }
  return reigns
}

/** What ends the reign of the node that it is of. */
const ENDS = new Set(['backup', 'fault', 'nodeMissing', 'nodeLeft', 'started', 'stopped'])

/**
 * @param {Knowledge} knowledge
 * @param {number} spanMs
 * @param {number} width
 * @returns {Markup}
 */
export function lanesView({ status, timeline, nowMs }, spanMs, width) {
  const nodes = status?.nodes ?? []
  const fromMs = nowMs - spanMs
  const height = nodes.length * LANE_PX + AXIS_PX
  /** @param {number} atMs */
  const x = (atMs) => NAMES_PX + Math.max(0, (atMs - fromMs) / spanMs) * (width - NAMES_PX - 8)
  const entries = timeline ?? []
  const reigns = reignsOf(entries, nowMs).filter(({ toMs }) => toMs > fromMs)
  const shown = entries.filter(({ at, address }) => address !== null && Date.parse(at) >= fromMs)
  return h(
    'svg',
    { class: 'lanes', role: 'img', 'aria-label': lanesWords(shown), width, height, viewBox: `0 0 ${width} ${height}` },
    nodes.map(({ address, name }, lane) => {
      const y = lane * LANE_PX + LANE_PX / 2
      return h(
        'g',
        { key: address, class: `hue-${hueOf(nodes, address)}` },
        h('text', { x: 0, y: y + 4 }, name.length > 13 ? `${name.slice(0, 12)}…` : name),
        h('path', { class: 'lane', d: `M ${NAMES_PX} ${y} H ${width - 8}` }),
        reigns
          .filter((reign) => reign.address === address)
          .map(({ fromMs: begin, toMs }) =>
            h(
              'path',
              { class: 'reign', d: `M ${x(begin).toFixed(1)} ${y} H ${x(toMs).toFixed(1)}` },
              h('title', {}, `${name} leads`),
            ),
          ),
        shown
          .filter((entry) => entry.address === address)
          .map((entry) => mark(entry, x(Date.parse(entry.at)), y, nowMs)),
      )
    }),
    axis(fromMs, spanMs, x, nodes.length * LANE_PX, width),
  )
}

/** A shape for each level: a dot, a triangle, a cross. @param {Entry} entry @param {number} x @param {number} y @param {number} nowMs */
function mark({ id, at, level, words }, x, y, nowMs) {
  const shape = {
    info: 'M -4 0 a 4 4 0 1 0 8 0 a 4 4 0 1 0 -8 0',
    warning: 'M 0 -6 L 6 5 H -6 Z',
    failure: 'M -5 -5 L 5 5 M 5 -5 L -5 5',
  }[level]
  const transform = `translate(${x.toFixed(1)} ${y})`
  return h(
    'path',
    { key: id, class: `event ${level}`, d: shape, transform },
    h('title', {}, `${clockTime(Date.parse(at), nowMs)} ${words}`),
  )
}

/** @param {number} fromMs @param {number} spanMs @param {(atMs: number) => number} x @param {number} y @param {number} width */
function axis(fromMs, spanMs, x, y, width) {
  const ticks = Math.max(2, Math.min(5, Math.floor(width / 150)))
  return Array.from({ length: ticks + 1 }, (_, index) => {
    const atMs = fromMs + (index / ticks) * spanMs
    const anchor = index === ticks ? 'end' : index === 0 ? 'start' : 'middle'
    const date = new Date(atMs)
    const text =
      spanMs > 86_400_000
        ? date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
        : date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    return h('text', { class: 'small tick', x: x(atMs).toFixed(0), y: y + 16, 'text-anchor': anchor }, text)
  })
}

/** @param {readonly Entry[]} shown */
function lanesWords(shown) {
  const bad = shown.filter(({ level }) => level !== 'info').length
  return `${shown.length} events in this time, ${bad} of them warnings or failures; the list below has them in words`
}

/** Its lane, or the column before, says whom it is about. @param {string} words @param {string | null} name */
const withoutName = (words, name) =>
  name !== null && words.startsWith(`${name} `) ? words.slice(name.length + 1) : words

/**
 * The newest first; the actors' own events among them where they are wanted.
 *
 * @param {Knowledge} knowledge
 * @param {readonly Internal[]} internals
 * @returns {readonly Markup[]}
 */
export function entriesView({ timeline, nowMs }, internals) {
  const told = (timeline ?? []).map(({ id, at, level, node, address, words, by }) => ({
    key: `${id}`,
    atMs: Date.parse(at),
    level,
    who: node ?? address ?? '',
    words: withoutName(words, node) + (by === null ? '' : `, by ${by}`),
  }))
  const inside = internals.map(({ atMs, actor, words }, index) => ({
    key: `internal ${atMs} ${index}`,
    atMs,
    level: /** @type {const} */ ('internal'),
    who: actor,
    words,
  }))
  const entries = [...told, ...inside].sort((one, other) => other.atMs - one.atMs).slice(0, ENTRIES_SHOWN)
  if (entries.length === 0) return [h('p', { class: 'dim' }, 'Nothing has happened yet.')]
  return [
    h(
      'ol',
      { class: 'entries', tabindex: 0, 'aria-label': 'What happened, the newest first' },
      entries.map(({ key, atMs, level, who, words }) =>
        h(
          'li',
          { key, class: level },
          h('time', { datetime: new Date(atMs).toISOString(), title: clockTimeWithZone(atMs) }, clockTime(atMs, nowMs)),
          h('span', { class: 'mark', 'aria-hidden': 'true' }, level === 'internal' ? '' : SIGNS[level]),
          h('span', { class: 'who' }, who),
          h(
            'span',
            { class: 'words' },
            level === 'warning' || level === 'failure' ? h('span', { class: 'unseen' }, `${level}: `) : null,
            words,
          ),
        ),
      ),
    ),
  ]
}
