/** Which orders may be given now, what is asked before, and how it is seen what becomes of them. Pure. */
import { plural } from './format.js'
import { directorsOf, nameOf } from './knowledge.js'

/** @import { Access, Knowledge, Node, Status } from './knowledge.js' */

/**
 * @typedef {'drain' | 'maint' | 'undrain' | 'forget' | 'failover' | 'announce' | 'assign' | 'unassign'} Order
 *
 * @typedef {object} Asked an order, before it is given
 * @property {Order} order
 * @property {string} path with its query
 * @property {string} title
 * @property {string} text what will come of it
 * @property {string} verb of the button
 * @property {string | null} node address of the node that it is about
 * @property {string | null} client
 *
 * @typedef {object} Progress
 * @property {string} text
 * @property {boolean} isDone
 */

/** @type {Readonly<Partial<Record<Order, string>>>} */
const LABELS = { drain: 'Drain', maint: 'Maintenance', undrain: 'End drain', forget: 'Forget' }

/** @param {Access | null} access @param {Order} order */
export const mayGive = (access, order) => access?.orders.includes(`/${order}`) ?? false

/** @param {Node} node @param {Access | null} access @returns {readonly { readonly order: Order, readonly label: string }[]} */
export function ordersForNode(node, access) {
  return fittingOrders(node).flatMap((order) => {
    return mayGive(access, order) ? [{ order, label: LABELS[order] ?? order }] : []
  })
}

/** @param {Node} node @returns {readonly Order[]} */
function fittingOrders(node) {
  if (node.left || node.missing || node.state === 'stale') return ['forget']
  if (node.maint) return ['undrain']
  return node.state === 'draining' ? ['undrain', 'maint'] : ['drain', 'maint']
}

/**
 * An order to the group as a whole, and why it is of no use at this node; null where it may be given.
 *
 * @param {Order} order
 * @param {Status} status
 * @returns {string | null}
 */
export function obstacleOf(order, status) {
  if (status.role === 'director') return null
  const leaders = directorsOf(status).map(nameOf)
  const where = leaders.length === 0 ? 'and none is known' : `${leaders.join(' and ')} is`
  return `Only the director ${order === 'announce' ? 'announces' : 'hands over'}; this node is not it, ${where}.`
}

/**
 * @param {Order} order
 * @param {{ readonly node?: Node | undefined, readonly client?: string | undefined }} about
 * @returns {Asked}
 */
export function askedOf(order, { node, client }) {
  const name = node?.name ?? ''
  const at = encodeURIComponent(node?.address ?? '')
  const of = encodeURIComponent(client ?? '')
  const words = {
    drain: [
      `Drain ${name}?`,
      `${name} gets no new connection from now on. What is open there goes on until it ends.`,
      'Drain',
    ],
    maint: [
      `Maintenance of ${name}?`,
      `${name} gets no new connection from now on. What is still open when the time for it is over is reset.`,
      'Begin maintenance',
    ],
    undrain: [`Let ${name} serve again?`, `${name} gets new connections again.`, 'End drain'],
    forget: [
      `Forget ${name}?`,
      `${name} is not missed any more: it goes from the group until it is heard again. Do this for a host that does not come back.`,
      'Forget',
    ],
    failover: [
      'Hand over to another node?',
      'This node goes on serving until the next one has the virtual IP. In workers mode what is open through it ends.',
      'Hand over',
    ],
    announce: [
      'Announce the virtual IPs?',
      'Clients and routers are told once more who has them, by gratuitous ARP.',
      'Announce',
    ],
    assign: [
      `Assign ${client} to ${name}?`,
      `New connections of ${client} go to ${name} from now on, whatever its slot says. What is open goes on where it is.`,
      'Assign',
    ],
    unassign: [`Take the assignment of ${client} back?`, `${client} goes by its slot again.`, 'Take back'],
  }
  const queries = { assign: `?client=${of}&node=${at}`, unassign: `?client=${of}`, failover: '', announce: '' }
  const query = order in queries ? queries[/** @type {keyof typeof queries} */ (order)] : `?node=${at}`
  const [title = '', text = '', verb = ''] = words[order]
  return { order, path: `${order}${query}`, title, text, verb, node: node?.address ?? null, client: client ?? null }
}

/**
 * How far an order is that was taken, by what the status says now.
 *
 * @param {Asked} asked
 * @param {Knowledge} knowledge
 * @param {unknown} answer of the gateway
 * @returns {Progress}
 */
export function progressOf({ order, node: address, client }, { status, trouble }, answer) {
  if (trouble !== null || status === null) return { text: `The order was taken. ${trouble ?? ''}`, isDone: false }
  const node = status.nodes.find((one) => one.address === address)
  switch (order) {
    case 'drain':
    case 'maint':
      return drainProgress(node, order)
    case 'undrain':
      return node?.state === 'draining' || node?.maint === true
        ? { text: `${node.name} is being told.`, isDone: false }
        : { text: `${node?.name ?? address} takes new connections again.`, isDone: true }
    case 'forget':
      return node === undefined
        ? { text: `${address} is forgotten.`, isDone: true }
        : { text: 'The group is being told.', isDone: false }
    case 'failover': {
      const [leader] = directorsOf(status)
      if (status.role === 'director') return { text: 'Serving until another node has taken over.', isDone: false }
      return leader === undefined
        ? { text: 'This node has given way; nobody is heard yet.', isDone: false }
        : { text: `${leader.name} leads now.`, isDone: true }
    }
    case 'announce':
      return { text: `Announced: ${addressesOf(answer)}.`, isDone: true }
    case 'assign':
      return { text: `${client} is assigned to ${node?.name ?? address}.`, isDone: true }
    case 'unassign':
      return { text: `${client} goes by its slot again.`, isDone: true }
    default:
      throw new RangeError(`no such order: ${order}`)
  }
}

/** @param {Node | undefined} node @param {'drain' | 'maint'} order @returns {Progress} */
function drainProgress(node, order) {
  if (node === undefined) return { text: 'The node is not known here any more.', isDone: true }
  if (node.drained) return { text: `${node.name} is drained.`, isDone: true }
  if (node.state !== 'draining') return { text: `${node.name} is being told.`, isDone: false }
  const left = `${plural(node.activeConnections, 'connection')} left`
  return { text: `${node.name} ${order === 'drain' ? 'drains' : 'goes into maintenance'}: ${left}.`, isDone: false }
}

/** @param {unknown} answer */
function addressesOf(answer) {
  const { addresses } = /** @type {{ addresses?: unknown }} */ (answer ?? {})
  return Array.isArray(addresses) ? addresses.join(', ') : 'done'
}
