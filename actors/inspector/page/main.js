/**
 * The page of one gateway. `watch.js` looks at the gateway, the views make markup of what is known, `patch.js` makes the document
 * follow, once a second and whenever something happens.
 */
import { actorsView, HandlingRates } from './actors.js'
import { startClientsPanel } from './clients-panel.js'
import { electionView, portsView } from './election.js'
import { clockTimeWithZone, duration } from './format.js'
import { ask, hasToken, useToken } from './gateway.js'
import { groupPicture, pictureCaption } from './group-picture.js'
import { iconOf } from './icon.js'
import { h } from './markup.js'
import { nodeCards } from './node-cards.js'
import { OrderDialog } from './order-dialog.js'
import { askedOf, mayGive, obstacleOf } from './orders.js'
import { legible, patch } from './patch.js'
import { Plots } from './plots.js'
import { entriesView, lanesView, SPANS } from './timeline.js'
import { internalOf, isInternal } from './trace.js'
import { startTracePanel } from './trace-panel.js'
import { findingsView, judge, titleOf, verdictView } from './verdict.js'
import { Watch } from './watch.js'

/** @import { LastError } from './actors.js' */
/** @import { Knowledge } from './knowledge.js' */
/** @import { Order } from './orders.js' */
/** @import { Internal } from './timeline.js' */
/** @import { InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts' */

const SHOWN_EVERY_MS = 1000
const EVENTS_EVERY_MS = 3000

/** @param {string} id of an element that index.html has */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
/** @param {string} id @param {string} text */
const write = (id, text) => patch(at(id), [text])

const watch = new Watch(() => show())
const dialog = new OrderDialog(/** @type {HTMLDialogElement} */ (at('order')), () => {
  watch.nudge()
  showClientsAnew()
})
const showClientsAnew = startClientsPanel(at, () => watch.knowledge)
const plots = new Plots(at('plots'))
const rates = new HandlingRates()
let spanMs = SPANS[0]?.ms ?? 0
/** @type {readonly InspectionEvent[]} */
let events = []

function show() {
  const { knowledge } = watch
  showTab(knowledge)
  if (document.hidden) return
  const { status } = knowledge
  at('token').hidden = !knowledge.isLocked
  write('token-wrong', knowledge.isLocked && hasToken() ? 'The gateway does not know the token that was given.' : '')
  at('parts').hidden = status === null
  at('verdict').className = judge(knowledge).level
  patch(at('verdict'), verdictView(knowledge))
  showAbout(knowledge)
  document.body.classList.toggle('stale', knowledge.trouble !== null)
  if (status === null) return
  const [picture, lanes] = [at('picture'), at('lanes')]
  patch(picture, [groupPicture(knowledge, picture.clientWidth)])
  write('picture-caption', pictureCaption(status))
  patch(at('nodes'), nodeCards(knowledge))
  patch(at('findings'), findingsView(knowledge))
  patch(at('ports'), portsView(knowledge))
  patch(at('election'), electionView(knowledge))
  showGroupOrders(knowledge)
  showHistory(knowledge)
  at('happened').hidden = knowledge.timeline === null
  if (knowledge.timeline !== null) {
    patch(lanes, [lanesView(knowledge, spanMs, lanes.clientWidth)])
    patch(
      at('entries'),
      entriesView(knowledge, isChecked('internals') ? events.filter(isInternal).map(internalOf) : []),
    )
  }
  if (isOpen('actors-part') && knowledge.actors !== null) {
    rates.look(knowledge.actors, knowledge.nowMs)
    patch(at('actors'), actorsView(knowledge.actors, rates.perS, lastErrors(events), knowledge.nowMs))
  }
  dialog.update(knowledge)
}

/** The title and the icon of the tab, also while nobody sees the page. @param {Knowledge} knowledge */
function showTab(knowledge) {
  const judged = judge(knowledge)
  const title = legible(titleOf(judged, knowledge.status?.node ?? 'proxyha'))
  if (document.title !== title) document.title = title
  const icon = /** @type {HTMLLinkElement} */ (at('icon'))
  const href = iconOf(judged.level)
  if (icon.href !== href) icon.href = href
}

/** @param {Knowledge} knowledge */
function showAbout({ status, access, nowMs, statusAtMs, trouble }) {
  write('node', status?.node ?? '…')
  const role = trouble === null ? status?.role : `was ${status?.role} when it was last heard`
  write('about', status === null ? '' : `${role}, forwards by ${status.forwarding}`)
  const age =
    statusAtMs === null
      ? ''
      : trouble === null
        ? `as of ${clockTimeWithZone(statusAtMs)}`
        : `${duration(nowMs - statusAtMs)} old`
  write('clock', age)
  write('version', access === null ? 'proxyha' : `proxyha ${access.version}`)
  write(
    'role',
    access === null
      ? ''
      : access.role === 'operator'
        ? `You may give orders (${access.by}).`
        : `You may look (${access.by}).`,
  )
  at('forget-token').hidden = !hasToken()
}

/** @param {Knowledge} knowledge */
function showGroupOrders({ status, access, trouble }) {
  if (status === null) return
  /** @type {readonly { order: Order, label: string }[]} */
  const all = [
    { order: 'failover', label: 'Hand over' },
    { order: 'announce', label: 'Announce' },
  ]
  const buttons = all
    .filter(({ order }) => trouble === null && mayGive(access, order))
    .map(({ order, label }) => {
      const obstacle = obstacleOf(order, status)
      return h(
        'button',
        { key: order, type: 'button', 'data-order': order, disabled: obstacle !== null, title: obstacle },
        label,
      )
    })
  patch(at('group-orders'), buttons)
  const note =
    access?.ordersAre === null ? (obstacleOf('failover', status) ?? '') : `Read only: ${access?.ordersAre ?? ''}.`
  write('orders-note', access === null ? '' : note)
}

/** @param {Knowledge} knowledge */
function showHistory({ status, timeline }) {
  const isKnown = watch.history.query !== ''
  at('plotted').hidden = !isKnown
  if (!isKnown || status === null) return
  const takeovers = (timeline ?? []).filter(({ kind }) => kind === 'director')
  plots.update(
    watch.history,
    status.nodes,
    takeovers.map(({ at: iso, node }) => ({ atMs: Date.parse(iso), words: `${node} leads` })),
  )
}

/** By actor. @param {readonly InspectionEvent[]} known @returns {ReadonlyMap<string, LastError>} */
function lastErrors(known) {
  return new Map(
    known.flatMap((event) => {
      const isError = event.type === 'crashed' || event.type === 'escalated'
      return isError ? [[event.actor, { atMs: event.wallMs, reason: event.reason }]] : []
    }),
  )
}

/** The actors' own events, while somebody wants them. */
async function lookAtEvents() {
  if (!document.hidden && (isChecked('internals') || isOpen('actors-part'))) {
    const answer = await ask('events?follow=0&last=200').catch(() => null)
    if (answer !== null) events = /** @type {readonly InspectionEvent[]} */ (answer.value)
  }
  setTimeout(() => void lookAtEvents(), EVENTS_EVERY_MS)
}

/** @param {string} id */
const isChecked = (id) => /** @type {HTMLInputElement} */ (at(id)).checked
/** @param {string} id */
const isOpen = (id) => /** @type {HTMLDetailsElement} */ (at(id)).open

function showSpans() {
  const choices = SPANS.map(({ name, ms }) =>
    h('label', { key: name }, h('input', { type: 'radio', name: 'span', value: ms, checked: ms === spanMs }), name),
  )
  patch(at('spans'), [h('legend', { class: 'unseen' }, 'Time shown'), ...choices])
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('[data-order]') : null
  const { status } = watch.knowledge
  if (!(button instanceof HTMLButtonElement) || status === null) return
  const { order, client } = button.dataset
  const chosen = /** @type {HTMLSelectElement | null} */ (document.getElementById('assign-to'))
  const address = order === 'assign' ? chosen?.value : button.dataset.node
  const node = status.nodes.find((one) => one.address === address)
  dialog.open(askedOf(/** @type {Order} */ (order), { node, client }), watch.knowledge)
})
at('spans').addEventListener('change', ({ target }) => {
  spanMs = Number(/** @type {HTMLInputElement} */ (target).value)
  show()
})
for (const id of ['internals', 'actors-part']) {
  at(id).addEventListener(id === 'internals' ? 'change' : 'toggle', () => {
    watch.wantsActors = isOpen('actors-part')
    watch.nudge()
  })
}
at('token').addEventListener('submit', (event) => {
  event.preventDefault()
  useToken(/** @type {HTMLInputElement} */ (at('token-input')).value)
  watch.renew()
})
at('forget-token').addEventListener('click', () => {
  useToken(null)
  watch.renew()
})
new ResizeObserver(() => show()).observe(at('main'))

showSpans()
startTracePanel(at)
watch.start()
void lookAtEvents()
setInterval(show, SHOWN_EVERY_MS)
