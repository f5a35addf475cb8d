/** What of a `virtual_server` becomes a redirect: its port, and that of its real servers. */
import type { Draft } from './draft.ts'
import { applyRules, missing, needless, type Rule, type Rules } from './rule.ts'
import type { Statement } from './statement.ts'

/** The ports of the real servers of one virtual server. */
interface Servers {
  readonly ports: Map<number, Statement>
  protocol: string
}

const NODES = needless('each real server becomes a node: the nodes find each other by their beacons')
const SPREAD = needless('a client stays with its node, and new ones go by what the nodes can take')
const LVS = needless('kernel mode has the nodes answer clients by themselves')
const MONITORED = needless('each node watches whether its own proxy listens')
const CHECKS = missing('no page is asked for of a node', 'redirects[].check: { type: http } asks one through the proxy')
const SCRIPT = missing('no script is run for a node', 'the agent of each node: agent.command')
const MAIL = missing('no mail is sent', 'let the monitoring watch /metrics or "proxyha status --json"')
const DRAINED = needless('"proxyha drain" and the monitor end new connections of a node')

const REAL_SERVER_RULES: Rules<null> = {
  weight: missing('each node says its own share', 'balancing.capacity on that node'),
  inhibit_on_failure: DRAINED,
  uthreshold: missing('no number of connections is a limit of a node', 'limits.connections'),
  lthreshold: missing('no number of connections is a limit of a node', 'limits.connections'),
  lvs_method: LVS,
  TCP_CHECK: MONITORED,
  HTTP_GET: CHECKS,
  SSL_GET: CHECKS,
  SMTP_CHECK: CHECKS,
  DNS_CHECK: CHECKS,
  UDP_CHECK: CHECKS,
  PING_CHECK: MONITORED,
  FILE_CHECK: SCRIPT,
  MISC_CHECK: SCRIPT,
  BFD_CHECK: missing('there is no BFD'),
  notify_up: missing(
    'programs are called for nodes, not for their ports',
    'notify: [{ on: [nodeFailed, nodeReturned], command: /path }]',
  ),
  notify_down: missing(
    'programs are called for nodes, not for their ports',
    'notify: [{ on: [nodeFailed, nodeReturned], command: /path }]',
  ),
  smtp_alert: MAIL,
  delay_loop: MONITORED,
  retry: MONITORED,
  delay_before_retry: MONITORED,
  virtualhost: CHECKS,
}

const realServer: Rule<Servers> = {
  to: 'redirects[].proxyPort',
  apply: (statement, servers, draft) => {
    const port = portOf(statement.words[2])
    if (port === undefined)
      return draft.differ(statement.place, 'a real server without a port', 'name it by --redirect')
    if (!servers.ports.has(port)) servers.ports.set(port, statement)
    draft.differ(statement.place, NODES.reason)
    return applyRules(statement.block ?? [], REAL_SERVER_RULES, null, draft)
  },
}

const VIRTUAL_SERVER_RULES: Rules<Servers> = {
  real_server: realServer,
  protocol: {
    to: '',
    apply: ({ words }, servers) => {
      servers.protocol = words[1] ?? ''
    },
  },
  sorry_server: missing('where no node is left clients are refused at once'),
  sorry_server_inhibit: missing('where no node is left clients are refused at once'),
  sorry_server_lvs_method: LVS,
  delay_loop: MONITORED,
  retry: MONITORED,
  delay_before_retry: MONITORED,
  lb_algo: SPREAD,
  lvs_sched: SPREAD,
  lb_kind: LVS,
  lvs_method: LVS,
  persistence_timeout: SPREAD,
  persistence_granularity: missing(
    'clients are told apart by their whole address',
    'balancing.affinity in workers mode',
  ),
  persistence_engine: SPREAD,
  hashed: SPREAD,
  'flag-1': SPREAD,
  'flag-2': SPREAD,
  ops: SPREAD,
  ha_suspend: needless('a node without the virtual IP goes on watching its proxy'),
  alpha: MONITORED,
  omega: DRAINED,
  quorum: missing('the last node that works goes on'),
  hysteresis: missing('the last node that works goes on'),
  quorum_up: missing(
    'programs are called for nodes, not for their ports',
    'notify: [{ on: [nodeFailed, nodeReturned], command: /path }]',
  ),
  quorum_down: missing(
    'programs are called for nodes, not for their ports',
    'notify: [{ on: [nodeFailed, nodeReturned], command: /path }]',
  ),
  virtualhost: CHECKS,
  smtp_alert: MAIL,
  weight: needless('each node says its own share (balancing.capacity)'),
}

const portOf = (word: string | undefined): number | undefined => {
  const port = /^\d{1,5}$/.test(word ?? '') ? Number(word) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Adds the redirect of one virtual server, or lists it. */
export function importVirtualServer(statement: Statement, draft: Draft): undefined {
  const { words, place, block = [] } = statement
  const servers: Servers = { ports: new Map(), protocol: 'TCP' }
  if (words[1] === 'group' || words[1] === 'fwmark') {
    draft.differ(place, `a virtual server by ${words[1]} has no port`, 'name its ports by --redirect')
    return applyRules(block, VIRTUAL_SERVER_RULES, servers, draft)
  }
  const port = portOf(words[2])
  applyRules(block, VIRTUAL_SERVER_RULES, servers, draft)
  if (port === undefined) return draft.differ(place, 'a virtual server without a port', 'name it by --redirect')
  if (servers.protocol.toUpperCase() !== 'TCP')
    return draft.differ(place, `no equivalent: ${servers.protocol} is not forwarded, TCP alone is`)
  draft.tellOfAddress(words[1] ?? '', port, place)
  const [proxyPort = port, ...others] = servers.ports.keys()
  for (const other of others)
    draft.differ(
      servers.ports.get(other)!.place,
      `the proxies of all nodes listen on one port, and ${proxyPort} was taken`,
      `let this one listen on ${proxyPort}`,
    )
  return draft.redirect({ protocol: undefined, originalPort: port, proxyPort, proxyProtocol: undefined }, place)
}
