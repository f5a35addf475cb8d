/** The verdict: whether it serves, who leads, what is wrong, since when, what to do. Pure. */
import { clockTimeWithZone, duration, instantOf } from './format.js'
import { h } from './markup.js'

/** @import { Finding, Knowledge, Level } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/**
 * @typedef {object} Judged
 * @property {Level | 'unknown'} level
 * @property {string} text without the level
 * @property {number | null} sinceMs
 */

/** How the levels are told apart without colour. */
export const SIGNS = { ok: '✓', warning: '!', failure: '✕', note: 'i', info: '·', unknown: '?', gone: '–' }

/** @param {Knowledge} knowledge @returns {Judged} */
export function judge({ status, statusAtMs, trouble, isLocked }) {
  if (trouble !== null) {
    const who = status === null ? 'this gateway' : status.node
    return {
      level: 'unknown',
      text: `${who} ${isLocked ? 'asks for a token' : 'does not answer'}`,
      sinceMs: statusAtMs,
    }
  }
  if (status === null) return { level: 'unknown', text: 'asking this gateway', sinceMs: null }
  const { level, text, since } = status.verdict
  return { level, text: text.replace(/^\w+: /, ''), sinceMs: instantOf(since) }
}

/** For the title and the icon of the tab. @param {Judged} judged @param {string} node */
export const titleOf = ({ level, text }, node) =>
  level === 'unknown' ? `${SIGNS[level]} ${text}` : `${SIGNS[level]} ${level} · ${node}: ${text}`

/** The findings, the worst first. @param {Knowledge} knowledge @returns {readonly Finding[]} */
function findingsOf({ findings }) {
  const order = { failure: 0, warning: 1, note: 2 }
  return (findings ?? []).toSorted((one, other) => order[one.level] - order[other.level])
}

const EVIDENCE_SHOWN = 3

/** The banner. What changes each second is no part of the live region. @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function verdictView(knowledge) {
  const judged = judge(knowledge)
  const { level, text, sinceMs } = judged
  const word = { ok: 'OK', warning: 'Warning', failure: 'Failure', unknown: 'Not known' }[level]
  const advice = level === 'unknown' ? null : adviceOf(knowledge)
  return [
    h('p', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[level]),
    h(
      'div',
      {},
      h(
        'p',
        { class: 'words', role: 'status', id: 'verdict-words' },
        h('span', { class: 'level' }, `${word}: `),
        h('span', {}, text),
      ),
      h('p', { class: 'dim' }, sinceText(judged, knowledge)),
      advice !== null && h('p', { class: 'advice' }, h('strong', {}, 'What to do: '), asSentence(advice)),
      sinceMs !== null && knowledge.trouble !== null && h('p', { class: 'advice' }, troubleText(knowledge)),
    ),
  ]
}

/** @param {Judged} judged @param {Knowledge} knowledge */
function sinceText({ sinceMs }, { nowMs }) {
  if (sinceMs === null) return ''
  return `since ${clockTimeWithZone(sinceMs)}, ${duration(nowMs - sinceMs)} ago`
}

/** @param {Knowledge} knowledge */
function troubleText({ trouble, status }) {
  const led = status?.role === 'director' ? ' It was director then; look at another node who is now.' : ''
  return `${trouble}. What is shown below is what it said last.${led}`
}

/** @param {string} text */
const asSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1)

/** Of the worst finding that has one. @param {Knowledge} knowledge */
const adviceOf = (knowledge) =>
  findingsOf(knowledge).find(({ advice, level }) => advice !== null && level !== 'note')?.advice ?? null

/** @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function findingsView(knowledge) {
  const findings = findingsOf(knowledge)
  if (knowledge.findings === null) return [h('p', { class: 'dim' }, 'Not known yet.')]
  if (findings.length === 0) {
    const words = knowledge.trouble === null ? 'Nothing is wrong.' : 'Nothing was wrong when it was last heard.'
    return [h('p', { class: 'dim' }, words)]
  }
  return [
    h(
      'ul',
      { class: 'findings' },
      findings.map((finding) => findingView(finding, knowledge.nowMs)),
    ),
  ]
}

/** @param {Finding} finding @param {number} nowMs */
function findingView({ code, level, text, evidence, advice, since }, nowMs) {
  const others = evidence.filter((each) => each !== text).slice(0, EVIDENCE_SHOWN)
  const sinceMs = instantOf(since)
  return h(
    'li',
    { key: `${code} ${text}`, class: level },
    h(
      'span',
      { class: 'mark' },
      h('span', { 'aria-hidden': 'true' }, SIGNS[level]),
      h('span', { class: 'unseen' }, level),
    ),
    h(
      'div',
      {},
      h('p', {}, text),
      advice !== null && h('p', { class: 'advice' }, asSentence(advice)),
      others.length > 0 && h('p', { class: 'dim small' }, `Because: ${others.join('; ')}`),
      (sinceMs !== null || code !== null) &&
        h(
          'p',
          { class: 'dim small' },
          sinceMs !== null && `since ${clockTimeWithZone(sinceMs)} (${duration(nowMs - sinceMs)}) `,
          code !== null && h('code', {}, code),
        ),
    ),
  )
}
