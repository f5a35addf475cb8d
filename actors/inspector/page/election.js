/** The virtual routers of this node, and what its port monitor sees. Pure. */
import { duration } from './format.js'
import { nameOf } from './knowledge.js'
import { h } from './markup.js'
import { SIGNS } from './verdict.js'

/** @import { Knowledge, Status } from './knowledge.js' */
/** @import { Markup } from './markup.js' */

/** @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function electionView({ status, trouble }) {
  if (status === null) return []
  return status.instances.map((one) => {
    const master = status.nodes.find(({ address }) => address === one.masterIp)
    const leads =
      trouble !== null
        ? 'not known'
        : one.masterIp === null
          ? 'nobody'
          : master === undefined
            ? one.masterIp
            : nameOf(master)
    const lowered = one.effectivePriority === one.priority ? '' : `, of ${one.priority}`
    const rows = [
      [
        'virtual IPs',
        one.virtualIps.map(({ address, held }) => `${address}${held && trouble === null ? ' (here)' : ''}`).join(', '),
      ],
      ['leads', leads],
      ['this node', `${stateWords(one.state)}, priority ${one.effectivePriority}${lowered}`],
      ['adverts', `VRRP version ${one.version}, every ${advertInterval(one.advertIntervalMs)}`],
      ...one.tracking.map((tracked) => ['tracks', trackedWords(tracked)]),
      ['changes', `${one.transitions} since this node started`],
    ]
    return h(
      'section',
      { key: one.name, class: one.state === 'FAULT' ? 'instance failure' : 'instance' },
      h('h3', {}, `${one.name}, VRID ${one.virtualRouterId}`),
      h(
        'dl',
        { class: 'facts' },
        rows.map(([name = '', value = '']) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
      ),
    )
  })
}

/** @param {Status['instances'][number]['state']} state */
const stateWords = (state) =>
  ({ INIT: 'starts', BACKUP: 'backup', MASTER: 'master', FAULT: 'in fault: takes no part' })[state]

/** @param {number} ms */
const advertInterval = (ms) => (ms < 1000 ? `${ms} ms` : duration(ms))

/** @param {Status['instances'][number]['tracking'][number]} tracked */
function trackedWords({ source, state, reason }) {
  const what = typeof source === 'string' ? source : JSON.stringify(source)
  return state === 'ok' ? `${SIGNS.ok} ${what}` : `${SIGNS.failure} ${what}: ${reason ?? 'has failed'}`
}

/** @param {Knowledge} knowledge @returns {readonly Markup[]} */
export function portsView({ status, trouble }) {
  if (status === null) return []
  return [
    h(
      'ul',
      { class: trouble === null ? 'plain ports' : 'plain ports old' },
      status.monitor.ports.map(({ port, problem }) =>
        h(
          'li',
          { key: port, class: problem === null ? 'ok' : 'failure' },
          h('span', { class: 'mark', 'aria-hidden': 'true' }, problem === null ? SIGNS.ok : SIGNS.failure),
          h('span', {}, h('strong', {}, `port ${port} `), problem ?? 'is listening'),
        ),
      ),
    ),
  ]
}
