/** The part of the page where clients are looked up. */
import { assignedView, CLIENTS_A_PAGE, clientsView, routeView } from './clients.js'
import { ask } from './gateway.js'
import { h } from './markup.js'
import { patch } from './patch.js'

/** @import { ClientRoute } from '../../dispatcher/messages.ts' */
/** @import { Tied } from './clients.js' */
/** @import { Knowledge } from './knowledge.js' */

/**
 * @param {(id: string) => HTMLElement} at
 * @param {() => Knowledge} knowledge
 * @returns {() => void} shows it anew, as after an order
 */
export function startClientsPanel(at, knowledge) {
  const [form, found, list, listed] = [at('search'), at('route'), at('client-list'), at('clients')]
  let offset = 0
  /** What was searched last. */
  let address = ''

  const showRoute = () =>
    show(found, async () => {
      const { value } = await ask(`which?client=${encodeURIComponent(address)}`)
      return routeView(/** @type {ClientRoute} */ (value), knowledge())
    })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    address = /** @type {HTMLInputElement} */ (at('client')).value.trim()
    void showRoute()
  })

  const showList = () =>
    show(listed, async () => {
      const { value, headers } = await ask(`clients?limit=${CLIENTS_A_PAGE}&offset=${offset}`)
      const routes = /** @type {readonly ClientRoute[]} */ (value)
      const assigned = /** @type {readonly Tied[]} */ ((await ask('assigned')).value)
      const known = clientsView(
        routes,
        offset,
        Number(headers.get('x-total-count') ?? routes.length),
        knowledge().status,
      )
      return [...assignedView(assigned, knowledge().access), ...known]
    })
  list.addEventListener('toggle', () => {
    if (/** @type {HTMLDetailsElement} */ (list).open) void showList()
  })
  listed.addEventListener('click', ({ target }) => {
    const way = target instanceof HTMLElement ? target.dataset.clients : undefined
    if (way === undefined) return
    offset = Math.max(0, offset + (way === 'on' ? CLIENTS_A_PAGE : -CLIENTS_A_PAGE))
    void showList()
  })
  return () => {
    if (address !== '') void showRoute()
    if (/** @type {HTMLDetailsElement} */ (list).open) void showList()
  }
}

/** What was asked for, or why it cannot be had. @param {HTMLElement} element @param {() => Promise<readonly import('./markup.js').Markup[]>} make */
async function show(element, make) {
  try {
    patch(element, await make())
  } catch (error) {
    patch(element, [h('p', { class: 'failure' }, error instanceof Error ? error.message : String(error))])
  }
}
