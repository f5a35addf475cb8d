/** Where a client goes, and the clients that are known. Pure. */
import { count, duration, plural } from './format.js'
import { nameOf } from './knowledge.js'
import { h } from './markup.js'
import { mayGive } from './orders.js'

/** @import { ClientRoute } from '../../dispatcher/messages.ts' */
/** @import { Access, Knowledge, Status } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/** Clients on a page. */
export const CLIENTS_A_PAGE = 25

/** @param {ClientRoute} route @param {Status | null} status */
function destinationOf({ node }, status) {
  if (node === null) return 'nobody: no node can take connections'
  const found = status?.nodes.find(({ address }) => address === node)
  return found === undefined ? node : nameOf(found)
}

/** @param {ClientRoute} route */
const reasonOf = ({ reason, slot }) =>
  ({
    tied: 'an operator has assigned it to that node',
    pin: 'it has connections there, or had lately',
    slot: `slot ${slot} is that node’s`,
  })[reason]

/** The answer to a search. @param {ClientRoute} route @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function routeView(route, { status, access }) {
  const { client, activeConnections, idleS, sinceMs } = route
  const facts = [
    ['goes to', destinationOf(route, status)],
    ['because', reasonOf(route)],
    ['since', sinceMs === null ? 'longer than is known' : duration(sinceMs)],
    ['open', activeConnections === null ? 'not known in kernel mode' : plural(activeConnections, 'connection')],
    ['last seen', idleS === null ? 'not known' : `${duration(idleS * 1000)} ago`],
  ]
  return [
    h('h3', {}, client),
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name = '', value = '']) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
    ...assignView(route, status, access),
  ]
}

/** To send a client to a node of one's own choice. @param {ClientRoute} route @param {Status | null} status @param {Access | null} access */
function assignView({ client, reason }, status, access) {
  if (!mayGive(access, 'assign') || status === null) return []
  const isAssigned = reason === 'tied'
  return [
    h(
      'div',
      { class: 'orders' },
      h(
        'label',
        {},
        'Assign to ',
        h(
          'select',
          { id: 'assign-to' },
          status.nodes.map(({ name, address }) => h('option', { value: address }, name)),
        ),
      ),
      h('button', { type: 'button', 'data-order': 'assign', 'data-client': client }, 'Assign'),
      isAssigned && h('button', { type: 'button', 'data-order': 'unassign', 'data-client': client }, 'Take back'),
    ),
  ]
}

/**
 * A client that an operator has assigned to a node.
 *
 * @typedef {object} Tied
 * @property {string} client
 * @property {string} node its address
 * @property {string | null} name
 */

/** @param {readonly Tied[]} assigned @param {Access | null} access @returns {readonly Markup[]} */
export function assignedView(assigned, access) {
  if (assigned.length === 0) return []
  return [
    h('h3', {}, 'Assigned by an operator'),
    h(
      'ul',
      { class: 'plain assigned' },
      assigned.map(({ client, node, name }) =>
        h(
          'li',
          { key: client },
          `${client} to ${name ?? node} `,
          mayGive(access, 'unassign') &&
            h('button', { type: 'button', 'data-order': 'unassign', 'data-client': client }, 'Take back'),
        ),
      ),
    ),
  ]
}

/**
 * @param {readonly ClientRoute[]} routes a page of them
 * @param {number} offset of the first
 * @param {number} total
 * @param {Status | null} status
 * @returns {readonly Markup[]}
 */
export function clientsView(routes, offset, total, status) {
  if (routes.length === 0) return [h('p', { class: 'dim' }, 'No client is known.')]
  const end = offset + routes.length
  return [
    h(
      'table',
      {},
      h('caption', { class: 'dim' }, `${count(offset + 1)} to ${count(end)} of ${plural(total, 'client')}`),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['client', 'goes to', 'because', 'open'].map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        routes.map((route) =>
          h(
            'tr',
            { key: route.client },
            h('th', { scope: 'row' }, route.client),
            h('td', {}, status?.nodes.find(({ address }) => address === route.node)?.name ?? route.node ?? 'nobody'),
            h('td', {}, route.reason),
            h('td', { class: 'number' }, count(route.activeConnections)),
          ),
        ),
      ),
    ),
    h(
      'div',
      { class: 'orders' },
      h('button', { type: 'button', 'data-clients': 'back', disabled: offset === 0 }, 'Back'),
      h('button', { type: 'button', 'data-clients': 'on', disabled: end >= total }, 'Next'),
    ),
  ]
}
