/**
 * The group as a picture: clients, the virtual IP and who holds it, the nodes and what each of them gets. Pure.
 *
 *     clients ---> virtual IP ---> jupiter   34 %
 *                  held by    '--> saturn    33 %
 *                  jupiter    '--> uranus    33 %
 */
import { percent, shortWithUnit } from './format.js'
import { conditionOf, directorsOf, hueOf, oldOf, SLOTS } from './knowledge.js'
import { h } from './markup.js'

/** @import { Knowledge, Node, Status } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

const ARROW_MIN = 1.5
const ARROW_MAX = 18
/** The head of the thinnest arrow, in pixels. */
const HEAD = 7
/** Where the arrows to the nodes go down, where those do not stand beside the virtual IP. */
const TRUNK_X = 24
/** Below that all stands one below the other. */
const WIDE = 560

/**
 * How thick the arrows are: by new connections a second while there are any, else by the slots that decide about the next ones.
 *
 * @param {readonly Node[]} nodes
 */
export function flowsOf(nodes) {
  const rates = nodes.map(({ connectionsPerS }) => connectionsPerS?.s10 ?? 0)
  const isMoving = rates.some((rate) => rate > 0)
  const amounts = isMoving ? rates : nodes.map(({ slots }) => slots)
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  return {
    isMoving,
    perS: isMoving ? total : null,
    shares: amounts.map((amount) => (total === 0 ? 0 : amount / total)),
  }
}

/** @param {Knowledge} knowledge @param {number} width in pixels @returns {Markup} */
export function groupPicture({ status, trouble }, width) {
  if (status === null) return h('p', { class: 'dim' }, 'Nothing is known yet.')
  const isWide = width >= WIDE
  const nodes = status.nodes
  const rowPx = nodes.length > 8 ? 36 : 54
  const toNodesPx = isWide ? 16 : 190
  const height = toNodesPx + nodes.length * rowPx
  const flows = flowsOf(nodes)
  // Clients and virtual IP stand in the middle beside the nodes, or above them.
  const vip = isWide
    ? { x: width * 0.3, y: height / 2, width: 190, height: 84 }
    : { x: width / 2 - 95, y: 116, width: 190, height: 84 }
  const nodeX = isWide ? width - Math.min(300, width * 0.34) : 56
  const from = isWide ? { x: vip.x + vip.width, y: vip.y } : { x: vip.x, y: vip.y }
  const rows = nodes.map((node, index) => {
    const y = toNodesPx + (index + 0.5) * rowPx - (isWide ? 8 : 0)
    return h(
      'g',
      {
        key: node.address,
        class: `node ${conditionOf(node).level} hue-${hueOf(nodes, node.address)}${oldOf(node) === null ? '' : ' old'}`,
      },
      arrow(from, { x: nodeX, y }, flows.shares[index] ?? 0, isWide),
      nodeBox(node, { x: nodeX, y, width: width - nodeX - 2, height: rowPx - 10 }, nodes),
    )
  })
  const label = `${vipWords(status)}. ${nodes.map((node) => `${node.name} ${conditionOf(node).word}, ${percent(node.slots / SLOTS)} of the clients`).join('; ')}.`
  return h(
    'svg',
    {
      class: trouble === null ? 'picture' : 'picture old',
      role: 'img',
      'aria-label': label,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    clientsBox(isWide ? { x: 2, y: vip.y } : { x: width / 2 - 60, y: 24 }, flows.perS),
    isWide
      ? arrow({ x: 122, y: vip.y }, { x: vip.x, y: vip.y }, 1, true)
      : arrow({ x: width / 2, y: 46 }, { x: width / 2, y: vip.y - vip.height / 2 }, 1, false),
    vipBox(status, vip),
    rows,
  )
}

/** @param {{ x: number, y: number }} at the middle of its left side @param {number | null} perS */
const clientsBox = ({ x, y }, perS) =>
  h(
    'g',
    { class: 'clients' },
    h('rect', { x, y: y - 22, width: 120, height: 44, rx: 22 }),
    h('text', { x: x + 60, y: y + (perS === null ? 5 : -3), 'text-anchor': 'middle', class: 'strong' }, 'clients'),
    perS !== null &&
      h('text', { x: x + 60, y: y + 14, 'text-anchor': 'middle', class: 'small' }, shortWithUnit(perS, '/s')),
  )

/** @param {Status} status */
function holdersOf(status) {
  const names = directorsOf(status).map(({ name }) => name)
  return names.length === 0 ? 'held by nobody' : `held by ${names.join(' and ')}`
}

/** @param {Status} status */
const vipWords = (status) =>
  `Virtual IP ${status.virtualIps.map(({ address }) => address).join(', ')} ${holdersOf(status)}`

/** @param {Status} status @param {{ x: number, y: number, width: number, height: number }} box */
function vipBox(status, { x, y, width, height }) {
  const [first, ...others] = status.virtualIps
  const leaders = directorsOf(status).length
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return h(
    'g',
    { class: leaders === 0 ? 'vip failure' : 'vip' },
    h('rect', { x, y: y - height / 2, width, height, rx: 8 }),
    h('text', { x: x + width / 2, y: y - 20, 'text-anchor': 'middle', class: 'small' }, 'virtual IP'),
    h(
      'text',
      { x: x + width / 2, y: y + 3, 'text-anchor': 'middle', class: 'strong' },
      `${clipped(first?.address ?? '', 22)}${more}`,
    ),
    h('text', { x: x + width / 2, y: y + 25, 'text-anchor': 'middle', class: 'holder' }, holdersOf(status)),
  )
}

/** @param {Node} node @param {{ x: number, y: number, width: number, height: number }} box @param {readonly Node[]} nodes */
function nodeBox(node, { x, y, width, height }, nodes) {
  const isLow = height < 36
  const { word } = conditionOf(node)
  const end = x + width - 10
  const share = percent(node.slots / SLOTS)
  const firstLine = isLow ? y + 5 : y - 5
  return h(
    'g',
    {},
    h('rect', { x, y: y - height / 2, width, height, rx: 6, class: 'box' }),
    h('rect', { x, y: y - height / 2, width: 5, height, rx: 2, class: `swatch hue-${hueOf(nodes, node.address)}` }),
    h(
      'text',
      { x: x + 14, y: firstLine },
      h('tspan', { class: 'strong' }, clipped(node.name, (width - 70) / 8.5)),
      node.director && h('tspan', { class: 'leads', dx: 8 }, 'director'),
    ),
    h('text', { x: end, y: firstLine, 'text-anchor': 'end', class: 'strong' }, share),
    !isLow && h('text', { x: x + 14, y: y + 14, class: 'small' }, node.address),
    !isLow && h('text', { x: end, y: y + 14, 'text-anchor': 'end', class: 'small state' }, word),
  )
}

/** Names are as long as somebody likes; the card has all of it. @param {string} name @param {number} characters */
const clipped = (name, characters) =>
  name.length > characters ? `${name.slice(0, Math.floor(characters) - 1)}…` : name

/**
 * From one point to another, as thick as its share; none at all for nothing. Wide: a curve, else a branch of the trunk on the left.
 *
 * @param {{ x: number, y: number }} from
 * @param {{ x: number, y: number }} to
 * @param {number} share 0..1
 * @param {boolean} isWide
 */
function arrow(from, to, share, isWide) {
  if (share === 0) return null
  const thick = Math.max(ARROW_MIN, share * ARROW_MAX)
  const half = Math.max(5, thick / 2 + 4)
  const head = Math.max(HEAD, thick * 0.8)
  const isDown = from.x === to.x
  const end = isDown ? { x: to.x, y: to.y - head } : { x: to.x - head, y: to.y }
  const middle = (from.x + end.x) / 2
  const path = isDown
    ? `M ${from.x} ${from.y} V ${end.y}`
    : isWide
      ? `M ${from.x} ${from.y} C ${middle} ${from.y} ${middle} ${end.y} ${end.x} ${end.y}`
      : `M ${from.x} ${from.y} H ${TRUNK_X} V ${end.y} H ${end.x}`
  const tip = isDown
    ? `${to.x},${to.y} ${to.x - half},${end.y - 1} ${to.x + half},${end.y - 1}`
    : `${to.x},${to.y} ${end.x - 1},${to.y - half} ${end.x - 1},${to.y + half}`
  return h(
    'g',
    { class: 'flow' },
    h('path', { class: 'arrow', d: path, 'stroke-width': thick.toFixed(1) }),
    h('polygon', { points: tip }),
  )
}

/** What the arrows say. @param {Status} status */
export const pictureCaption = ({ nodes, forwarding }) =>
  `${flowsOf(nodes).isMoving ? 'Arrows: new connections per second, mean of 10 s.' : 'Arrows: shares of the clients; nothing new at the moment.'} ${
    forwarding === 'kernel'
      ? 'The director’s kernel hands packets on; nodes answer their clients directly.'
      : 'The director’s forwarders carry the bytes both ways.'
  }`
