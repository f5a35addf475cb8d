/**
 * What the page knows at a moment. Views are made of it; what was not answered yet is null.
 *
 * @import { ActorDescription, DoctorReport, NodeStatus, TimelineEntry, ToldStatus } from '../messages.ts'
 *
 * @typedef {ToldStatus['verdict']['level']} Level
 * @typedef {DoctorReport['findings'][number]} Finding
 * @typedef {TimelineEntry} Entry
 *
 * @typedef {NodeStatus} Node
 * @typedef {ToldStatus} Status
 * @typedef {ActorDescription} Actor
 *
 * @typedef {object} Access
 * @property {'viewer' | 'operator'} role
 * @property {string} by
 * @property {readonly string[]} orders their paths
 * @property {string | null} ordersAre why none may be given
 * @property {string} version
 *
 * @typedef {object} Knowledge
 * @property {number} nowMs since 1970, by the browser's clock
 * @property {Status | null} status
 * @property {number | null} statusAtMs when it came
 * @property {string | null} trouble why the gateway does not answer; null: it does
 * @property {boolean} isLocked it wants a token, or another one
 * @property {readonly Finding[] | null} findings
 * @property {readonly Entry[] | null} timeline oldest first
 * @property {readonly Actor[] | null} actors
 * @property {Access | null} access
 */

/** @type {Knowledge} */
export const NOTHING_KNOWN = {
  nowMs: 0,
  status: null,
  statusAtMs: null,
  trouble: null,
  isLocked: false,
  findings: null,
  timeline: null,
  actors: null,
  access: null,
}

export const SLOTS = 4096
/** Figures that are older than three beacons are said to be old. */
const OLD_MS = 3500

/** Its name and address; the address alone where it has no other name. @param {{ readonly name: string, readonly address: string }} node */
export const nameOf = ({ name, address }) => (name === address ? address : `${name} (${address})`)

/** How old its figures are, in ms; null: they are fresh. @param {Node} node */
export const oldOf = ({ ageMs }) => (ageMs > OLD_MS ? ageMs : null)

/**
 * How a node is, in a word or two, and how bad that is: `gone` for one that left in order.
 *
 * @param {Node} node
 * @returns {{ readonly word: string, readonly level: Level | 'gone' }}
 */
export function conditionOf(node) {
  if (node.left) return { word: 'left', level: 'gone' }
  if (node.missing) return { word: 'missing', level: 'failure' }
  if (node.state === 'stale') return { word: 'not heard', level: 'failure' }
  if (node.state === 'failure') return { word: failedPortsOf(node), level: 'failure' }
  if (node.maint) return { word: node.drained ? 'in maintenance, drained' : 'in maintenance', level: 'warning' }
  if (node.state === 'draining') return { word: node.drained ? 'drained' : 'draining', level: 'warning' }
  if (node.overloaded) return { word: 'overloaded', level: 'warning' }
  if (node.slowStart !== null) return { word: `slow start, ${Math.round(node.slowStart * 100)} %`, level: 'ok' }
  return { word: 'serves', level: 'ok' }
}

/** @param {Node} node */
function failedPortsOf({ failedPorts }) {
  if (failedPorts.length === 0) return 'proxy fails'
  return `port ${failedPorts.join(', ')} ${failedPorts.length === 1 ? 'fails' : 'fail'}`
}

/** Kinds of entries by which a node comes to the condition that it is in. */
const STATE_KINDS = new Set([
  'started',
  'nodeFailed',
  'nodeReturned',
  'nodeMissing',
  'nodeLeft',
  'nodeJoined',
  'drain',
  'drained',
  'undrain',
  'maint',
])

/** Since when a node is as it is, in ms since 1970; null where that is not known. @param {Node} node @param {readonly Entry[] | null} timeline */
export function sinceOf(node, timeline) {
  if (node.missingSince !== null) return Date.parse(node.missingSince)
  // An order is an entry of the node where it was given.
  const last = timeline?.findLast(
    ({ address, kind, by }) => address === node.address && by === null && STATE_KINDS.has(kind),
  )
  return last === undefined ? null : Date.parse(last.at)
}

/** @param {Status} status @returns {readonly Node[]} */
export const directorsOf = ({ nodes }) => nodes.filter(({ director, state }) => director && state !== 'stale')

/** The number by which a node has its colour, the same wherever it is drawn. @param {readonly { readonly address: string }[]} nodes @param {string} address */
export const hueOf = (nodes, address) =>
  Math.max(
    0,
    nodes.findIndex((node) => node.address === address),
  ) % 8
