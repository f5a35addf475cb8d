/** haproxy.cfg as redirects: what its frontends bind, and the port of the servers behind them. */
import { type Draft, settingProblem } from './draft.ts'
import { missing, needless, secondsOf } from './rule.ts'
import type { Place } from './statement.ts'

interface Line {
  readonly place: Place
  readonly words: readonly string[]
}

interface Section {
  readonly kind: string
  readonly name: string
  readonly lines: readonly Line[]
}

const LINES_MAX = 20_000
const SECTIONS = new Set([
  'global',
  'defaults',
  'frontend',
  'backend',
  'listen',
  'peers',
  'resolvers',
  'mailers',
  'userlist',
  'cache',
  'program',
  'ring',
  'log-forward',
  'http-errors',
  'crt-list',
  'crt-store',
  'fcgi-app',
])

const HTTP = missing('requests are not looked at, connections are forwarded', 'let the proxies do it')
const SPREAD = needless('a client stays with its node, and new ones go by what the nodes can take')
const LOG = needless('the gateway has a log and metrics of its own')
const HEALTH = missing(
  'each node watches its own proxy',
  'redirects[].check: { type: http } asks for a page through the proxy',
)
const PROCESS = needless('the gateway has its own threads, user and socket')
const TLS = missing('TLS ends at the proxies', 'let the proxy listen with TLS')

/** Keywords without an equivalent, by what is at the beginning of them. */
const STATISTICS = missing(
  'there is no such page or socket',
  '"proxyha status", and the page and /metrics of the inspector',
)

const OTHERS: readonly (readonly [pattern: RegExp, rule: { readonly reason: string; readonly instead?: string }])[] = [
  [
    /^(http-|acl$|reqadd|reqrep|rsp|redirect$|cookie$|capture$|compression$|errorfile|errorloc|monitor-uri|filter$|unique-id|http-errors$)/,
    HTTP,
  ],
  [/^stats$/, STATISTICS],
  [/^(use_backend|use-server|tcp-request|tcp-response|stick|rate-limit)/, HTTP],
  [/^(balance|hash-type|hash-balance)/, SPREAD],
  [/^(log|log-format|log-tag|option-log)/, LOG],
  [
    /^(tune|nbthread|nbproc|cpu-map|daemon|user|group|chroot|pidfile|ulimit-n|maxconnrate|spread-checks|node$|description|stats-|ca-base|crt-base|lua-|unix-bind|hard-stop|master-worker|setenv|presetenv)/,
    PROCESS,
  ],
  [/^(ssl-|server-state|load-server-state)/, TLS],
  [/^(default-server|external-check|email-alert)/, HEALTH],
  [
    /^(fullconn|retries|backlog|bind-process|disabled|enabled|dispatch|id$|source|no$)/,
    needless('the next node is tried where one does not answer'),
  ],
]

const OPTIONS: readonly (readonly [pattern: RegExp, rule: { readonly reason: string; readonly instead?: string }])[] = [
  [/^(httplog|tcplog|dontlog|dontlognull|log-|logasap|contstats)/, LOG],
  [
    /^(httpchk|tcp-check|ssl-hello-chk|smtpchk|mysql-check|redis-check|pgsql-check|ldap-check|external-check|log-health-checks)/,
    HEALTH,
  ],
  [
    /^(redispatch|allbackups|abortonclose|persist|prefer-last-server)/,
    needless('the next node is tried where one does not answer'),
  ],
  [/^(clitcpka|srvtcpka|tcpka)/, needless('keep-alive is asked for by TCP (timeouts.keepAlive)')],
  [
    /^(forwardfor|originalto)/,
    missing(
      'requests are not looked at',
      'kernel mode keeps the address of the client; workers mode tells it by proxyProtocol',
    ),
  ],
]

const TIMEOUTS: Readonly<Record<string, string>> = {
  connect: 'connect',
  client: 'idle',
  server: 'idle',
  tunnel: 'tunnel',
}

/** Reads the text of haproxy.cfg into the draft. Never throws for what it holds. */
export function importHaproxy(file: string, text: string, draft: Draft): void {
  const sections = sectionsOf(file, text, draft)
  const backends = new Map(sections.filter(({ kind }) => kind === 'backend').map((section) => [section.name, section]))
  const taken = new Set<Section>()
  for (const section of sections) {
    if (section.kind === 'frontend' || section.kind === 'listen') {
      const name = section.lines.find(({ words }) => words[0] === 'default_backend')?.words[1]
      const backend = name === undefined ? undefined : backends.get(name)
      if (backend !== undefined) taken.add(backend)
      importFrontend(section, backend, sections, draft)
    }
  }
  for (const section of sections) listSection(section, draft, section.kind !== 'backend' || taken.has(section))
}

function sectionsOf(file: string, text: string, draft: Draft): readonly Section[] {
  const sections: { kind: string; name: string; lines: Line[] }[] = []
  for (const [index, raw] of text.split(/\r?\n/).slice(0, LINES_MAX).entries()) {
    const words = wordsOf(raw)
    const place = { file, line: index + 1, text: raw.trim() }
    const [first] = words
    if (first === undefined) continue
    if (SECTIONS.has(first) && !/^\s/.test(raw)) sections.push({ kind: first, name: words[1] ?? '', lines: [] })
    else if (sections.length > 0) sections.at(-1)?.lines.push({ place, words })
    else draft.differ(place, 'it is in no section', 'correct it, and import again')
  }
  return sections
}

/** Words by spaces; quotes and backslashes keep them, # begins a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = []
  const pattern = /\s+|#.*$|((?:[^\s#"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+)/gy
  for (const [, word] of line.matchAll(pattern))
    if (word !== undefined) words.push(word.replaceAll(/\\(.)|["']/g, '$1'))
  return words
}

/** The redirects of one frontend. */
function importFrontend(
  section: Section,
  backend: Section | undefined,
  sections: readonly Section[],
  draft: Draft,
): void {
  const behind = section.kind === 'listen' ? section : backend
  const servers = (behind?.lines ?? []).filter(({ words }) => words[0] === 'server')
  const binds = section.lines.filter(({ words }) => words[0] === 'bind')
  const defaults = sections.find(({ kind }) => kind === 'defaults')
  const mode = [...(defaults?.lines ?? []), ...section.lines].findLast(({ words }) => words[0] === 'mode')?.words[1]
  const [first, ...others] = servers.flatMap((line) => {
    const port = serverPort(line)
    return port === undefined ? [] : [{ line, port }]
  })
  for (const { line, port } of others)
    if (port !== first?.port)
      draft.differ(
        line.place,
        `the proxies of all nodes listen on one port, and ${first?.port} was taken`,
        `let this one listen on ${first?.port}`,
      )
  const header = first === undefined ? undefined : headerOf(first.line)
  for (const bind of binds) {
    for (const port of bindPorts(bind, draft)) {
      if (first === undefined)
        draft.differ(
          bind.place,
          `no server with a port is known behind port ${port}`,
          `name it: --redirect ${port}:PROXYPORT`,
        )
      else
        draft.redirect(
          {
            protocol: mode === 'http' ? 'http' : undefined,
            originalPort: port,
            proxyPort: first.port,
            proxyProtocol: header,
          },
          bind.place,
        )
    }
  }
}

const portIn = (text: string | undefined): number | undefined => {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** `server NAME ADDRESS:PORT ...`. */
const serverPort = ({ words }: Line): number | undefined => portIn(/:(\d+)$/.exec(words[2] ?? '')?.[1])

const headerOf = ({ words }: Line): 'v1' | 'v2' | undefined =>
  words.includes('send-proxy-v2') ? 'v2' : words.includes('send-proxy') ? 'v1' : undefined

const RANGE_PORTS = 1000

/** A frontend on them takes what comes for a virtual IP. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '::'])

/** `bind ADDRESS:PORT[-PORT][,...] ...`. */
function bindPorts({ words, place }: Line, draft: Draft): readonly number[] {
  const [, where = '', ...options] = words
  if (options.includes('ssl')) draft.differ(place, TLS.reason, TLS.instead)
  return where.split(',').flatMap((each) => {
    const address = each.replace(/:[^:]*$/, '').replaceAll(/[[\]]/g, '')
    if (!ANY_ADDRESS.has(address) && !draft.holds(address)) {
      draft.differ(
        place,
        `${each}: ${address} is no virtual IP of these instances, so it reaches one host alone`,
        'name the port by --redirect where clients use it',
      )
      return []
    }
    const [, from, to = from] = /:(\d{1,5})(?:-(\d{1,5}))?$/.exec(each) ?? []
    const [first, last] = [portIn(from), portIn(to)]
    if (first === undefined || last === undefined || last < first || last - first >= RANGE_PORTS) {
      draft.differ(place, `${each} has no port that can be redirected`, 'name it by --redirect')
      return []
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** Everything else of a section, line by line. */
function listSection({ kind, lines }: Section, draft: Draft, isUsed: boolean): void {
  for (const line of lines) {
    const { words, place } = line
    const [keyword = '', argument = ''] = words
    if (['bind', 'mode', 'default_backend'].includes(keyword)) continue
    if (keyword === 'server') listServer(line, draft, isUsed)
    else if (keyword === 'timeout') importTimeout(line, draft)
    else if (keyword === 'maxconn' && kind === 'global') draft.set(['limits', 'connections'], Number(argument), place)
    else if (keyword === 'maxconn')
      draft.differ(place, 'no equivalent: the limit is one of the whole gateway', 'limits.connections')
    else {
      const [table, word] = keyword === 'option' ? ([OPTIONS, argument] as const) : ([OTHERS, keyword] as const)
      const rule = table.find(([pattern]) => pattern.test(word))?.[1]
      if (rule === undefined)
        draft.differ(place, 'not known to this import', 'see what it does, and whether it is needed')
      else draft.differ(place, rule.reason, rule.instead)
    }
  }
}

const SERVER_OPTIONS: readonly (readonly [option: string, instead: string])[] = [
  ['weight', 'balancing.capacity on that node'],
  ['backup', 'balancing.capacity on that node'],
  ['agent-check', 'agent on that node, which gives the same answers'],
  ['maxconn', 'limits.connections, of the whole gateway'],
  ['ssl', 'clients speak TLS with the proxy themselves'],
]

function listServer({ words, place }: Line, draft: Draft, isUsed: boolean): void {
  if (!isUsed) return void draft.differ(place, "its backend is nobody's default_backend", 'name its port by --redirect')
  const instead = SERVER_OPTIONS.filter(([option]) => words.includes(option)).map(
    ([option, what]) => `${option}: ${what}`,
  )
  draft.differ(
    place,
    'not needed: each server becomes a node: the nodes find each other by their beacons',
    instead.length === 0 ? undefined : instead.join('; '),
  )
}

/** `timeout connect 5s`; milliseconds where there is no unit. */
function importTimeout({ words: [, name = '', value = ''], place }: Line, draft: Draft): void {
  const key = Object.hasOwn(TIMEOUTS, name) ? TIMEOUTS[name] : undefined
  if (key === undefined) return void draft.differ(place, 'no equivalent: nothing waits for that', undefined)
  const text = /^\d+$/.test(value) ? secondsOf(String(Number(value) / 1000)) : value
  const problem = settingProblem(['timeouts', key], text)
  if (problem !== null) draft.differ(place, `timeouts.${key}: ${problem}`, 'set it in the new file')
  else draft.set(['timeouts', key], text, place)
}
