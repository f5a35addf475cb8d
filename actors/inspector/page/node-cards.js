/** A card for each node. Pure. */
import { clockTime, count, duration, milliseconds, percent, short, shortWithUnit } from './format.js'
import { conditionOf, hueOf, oldOf, SLOTS, sinceOf } from './knowledge.js'
import { h } from './markup.js'
import { ordersForNode } from './orders.js'
import { SIGNS } from './verdict.js'

/** @import { Knowledge, Node } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/** From where on a meter is amber, and red. */
const HIGH = 0.8
const VERY_HIGH = 0.9

/** @type {Readonly<Record<Node['source'], string>>} */
const SOURCES = { self: 'Its own figures', beacon: 'Figures by its beacons', director: 'Figures by the director' }

/** @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function nodeCards(knowledge) {
  const { status } = knowledge
  if (status === null) return [h('p', { class: 'dim' }, 'Nothing is known yet.')]
  return status.nodes.map((node) => card(node, knowledge))
}

/** @param {Node} node @param {Knowledge} knowledge */
function card(node, knowledge) {
  const { status, timeline, nowMs } = knowledge
  const { word, level } = conditionOf(node)
  const oldMs = oldOf(node)
  const sinceMs = sinceOf(node, timeline)
  const orders = knowledge.trouble === null ? ordersForNode(node, knowledge.access) : []
  return h(
    'li',
    { key: node.address, class: `card ${level}${oldMs === null ? '' : ' old'}`, 'data-node': node.name },
    h(
      'div',
      { class: 'card-head' },
      h('span', { class: `swatch hue-${hueOf(status?.nodes ?? [], node.address)}`, 'aria-hidden': 'true' }),
      h('h3', {}, node.name),
      h('span', { class: 'dim small' }, node.address),
      node.director && knowledge.trouble === null && h('span', { class: 'badge leads' }, 'director'),
      node.self && h('span', { class: 'badge' }, 'this node'),
    ),
    h(
      'p',
      { class: `condition ${level}` },
      h('span', { 'aria-hidden': 'true', class: 'mark' }, SIGNS[level]),
      h('strong', {}, word),
      node.lastResort && ' although it should not: no other node can',
      sinceMs !== null &&
        h('span', { class: 'dim' }, ` since ${clockTime(sinceMs, nowMs)} (${duration(nowMs - sinceMs)})`),
    ),
    oldMs !== null && h('p', { class: 'small age' }, `What is shown is ${duration(oldMs)} old.`),
    meter('share', node.slots / SLOTS, 'of the clients', false),
    meter('CPU', node.cpu, '', true),
    meter('memory', node.memory, '', true),
    figures(node),
    h('p', { class: 'small dim' }, reasonsOf(node)),
    orders.length > 0 &&
      h(
        'div',
        { class: 'orders' },
        orders.map(({ order, label }) =>
          h('button', { key: order, type: 'button', 'data-order': order, 'data-node': node.address }, label),
        ),
      ),
  )
}

/** Where its figures come from, how quick its proxies are, and why it has its share. @param {Node} node */
const reasonsOf = ({ source, reachMs, weightReason }) =>
  [
    SOURCES[source],
    reachMs !== null && `answers the director in ${milliseconds(reachMs)}`,
    weightReason !== null && `why this share: ${weightReason}`,
  ]
    .filter(Boolean)
    .join(' · ')

/** @param {Node} node */
function figures(node) {
  const rows = [
    ['open', count(node.activeConnections)],
    ['per second', short(node.connectionsPerS?.s10)],
    ['in all', count(node.totalConnections)],
    ['failed', count(node.failedConnections)],
    ['from clients', shortWithUnit(node.bytesInPerS, 'B/s')],
    ['to clients', shortWithUnit(node.bytesOutPerS, 'B/s')],
  ]
  return h(
    'dl',
    { class: 'figures' },
    rows.map(([name = '', value = '']) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}

/** @param {string} name @param {number} share 0..1 @param {string} words @param {boolean} isLoad amber and red where it is high */
function meter(name, share, words, isLoad) {
  const level = !isLoad || share < HIGH ? 'normal' : share < VERY_HIGH ? 'high' : 'very-high'
  const rounded = Math.round(Math.min(1, share) * 100)
  return h(
    'div',
    { class: 'metered' },
    h('span', { class: 'dim' }, name),
    h(
      'span',
      {
        class: `meter ${level}`,
        role: 'meter',
        'aria-label': name,
        'aria-valuemin': 0,
        'aria-valuemax': 100,
        'aria-valuenow': rounded,
      },
      h('span', { style: { '--share': `${rounded}%` } }),
    ),
    h('span', { class: 'value' }, percent(share), words !== '' && h('span', { class: 'dim' }, ` ${words}`)),
  )
}
