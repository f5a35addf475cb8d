import type { Command } from 'commander'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import type { Role } from '../../../actors/elector/messages.ts'
import { portsIn } from '../../../actors/fast-path/ruleset/port-ranges.ts'
import type { Diagnostics, GatewayStatus } from '../../../actors/inspector/messages.ts'
import { instancesOf } from '../../../config/instances.ts'
import { loadConfig } from '../../../config/load.ts'
import type { GatewayFile } from '../../../config/schema.ts'
import { checkHere } from '../commands/check.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG, NoAnswerError } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { type Paint, painter, printable } from '../table.ts'
import { diagnose, type Finding, type FindingRule, type Observed, tellsOfSilence } from './findings.ts'
import { hostFindings } from './host-findings.ts'
import { NODE_RULES } from './node-findings.ts'
import { offlineFindings, type Unattended } from './offline-findings.ts'
import { portFilter } from './port-filter-findings.ts'
import { TRAFFIC_RULES } from './traffic-findings.ts'
import { VRRP_RULES } from './vrrp-findings.ts'

const HELP = `
Looks for what is wrong as this node sees it: a second director, somebody else's VRID, adverts and beacons that are discarded,
settings that differ, nodes that take no traffic or less than the others, clients that come past the redirects or with one
address for many, and what of this host stands in the way: link, filters, kernel settings, capabilities, memory. Each finding
comes with its evidence and with what to do. A note is no problem. Nothing is changed.

Where no gateway answers, it says so, and with -c (or /etc/proxyha/gateway.yaml) looks at what can be seen without one.

Exit codes: 0 nothing to worry about, 1 a problem, or bad input.

Examples:
  proxyha doctor
  proxyha doctor --json | jq -r '.findings[].code'
`

/** `proxyha doctor`: every known cause, checked. */
export function addDoctor(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('doctor'))
    .description('what is wrong, from what it can be seen, and what to do')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: PrintOptions) => choose(() => doctor(options, env)))
}

const RULES: readonly FindingRule[] = [
  ...VRRP_RULES,
  ...NODE_RULES,
  ...TRAFFIC_RULES,
  portFilter,
  ({ host }) => hostFindings(host),
]

/** Enough to see who has most of the connections, and quickly told. */
const CLIENTS_LOOKED_AT = 10_000

const STATUS_ASKED_MAX = 3

async function doctor(options: PrintOptions, env: CliEnv): Promise<number> {
  try {
    const observed = await observe(options, env)
    const { node, role } = observed.status
    return tell({ node, role }, headlineOf(observed.status), diagnose(observed, RULES), options, env)
  } catch (error) {
    const path = options.config ?? (options.socket === undefined ? DEFAULT_CONFIG : undefined)
    if (!(error instanceof NoAnswerError) || path === undefined) throw error
    const loaded = loadConfig(path)
    // Without a configuration that can be read, that no gateway answers is all that is known.
    if (!loaded.ok) throw error
    const findings = offlineFindings(await observeWithout(path, loaded.value, error, env))
    return tell({ node: loaded.value.name ?? null, role: null }, SILENCES[error.why], findings, options, env)
  }
}

/** The first line where there was no answer. */
const SILENCES: Readonly<Record<NoAnswerError['why'], string>> = {
  absent: 'no gateway answers here',
  denied: 'the gateway here may not be asked',
  silent: 'the gateway here does not answer',
}

type Subject = { readonly node: string | null; readonly role: Role | null }

function tell(
  subject: Subject,
  headline: string,
  findings: readonly Finding[],
  { json }: PrintOptions,
  env: CliEnv,
): number {
  const told = json
    ? JSON.stringify({ ...subject, findings }, null, 2)
    : format(headline, findings, painter(env)).join('\n')
  env.stdout.write(`${told}\n`)
  return findings.some(({ severity }) => severity === 'problem') ? 1 : 0
}

async function observeWithout(
  path: string,
  file: GatewayFile,
  { lines, why }: NoAnswerError,
  env: CliEnv,
): Promise<Unattended> {
  const virtualIps = instancesOf(file).flatMap((instance) => instance.virtualIps.map(({ address }) => address))
  const question = {
    interfaceName: file.interface,
    pid: null,
    managementIp: null,
    virtualIps,
    proxyPorts: [],
    redirectPorts: [],
  }
  const [host, monitor] = await Promise.all([env.host.view(question), checkHere(path, env).catch(nullIfRefused)])
  return { silence: lines, why, virtualIps, monitor, host }
}

function nullIfRefused(error: unknown): null {
  if (error instanceof CliError) return null
  throw error
}

async function observe(options: PrintOptions, env: CliEnv): Promise<Observed> {
  const status = await wholeStatus(options)
  const diagnostics = await askGateway<Diagnostics>(options, '/diagnostics')
  const { interfaceName, pid, managementIp, redirects, portRanges } = diagnostics
  const host = await env.host.view({
    interfaceName,
    pid,
    managementIp,
    virtualIps: status.virtualIps.map(({ address }) => address),
    proxyPorts: portsBehind(redirects),
    redirectPorts: [
      ...redirects.flatMap(({ originalPorts, proxyPort }) => [...originalPorts, proxyPort]),
      ...portsIn(portRanges),
    ],
  })
  // In kernel mode the nodes say who has most connections, and a listing of all clients costs the kernel much.
  const clients = status.forwarding === 'kernel' ? [] : await clientsOf(options)
  return { status, diagnostics, clients, host }
}

/** On a busy host a part of the status may come late once: only what stays silent is worth a word. */
async function wholeStatus(options: PrintOptions): Promise<GatewayStatus> {
  for (let asked = 1; ; asked++) {
    const status = await askGateway<GatewayStatus>(options, '/status')
    if (asked === STATUS_ASKED_MAX || !status.warnings.some(tellsOfSilence)) return status
  }
}

/** Proxy ports that are no original port at the same time: who connects to one of them comes past the redirects. */
function portsBehind(redirects: Diagnostics['redirects']): readonly number[] {
  const original = new Set(redirects.flatMap(({ originalPorts }) => originalPorts))
  return [...new Set(redirects.map(({ proxyPort }) => proxyPort))].filter((port) => !original.has(port))
}

/** An actor that does not answer is a warning of the status already. */
async function clientsOf(options: PrintOptions): Promise<readonly ClientRoute[]> {
  try {
    return await askGateway(options, `/clients?limit=${CLIENTS_LOOKED_AT}`)
  } catch (error) {
    if (error instanceof CliError) return []
    throw error
  }
}

function headlineOf({ node, role, instances }: GatewayStatus): string {
  const masters = [...new Set(instances.flatMap(({ masterIp }) => masterIp ?? []))]
  const known = masters.length === 1 ? `; the director is ${masters[0]}` : `; the directors are ${masters.join(', ')}`
  return `${printable(node)} is ${role}${role === 'director' || masters.length === 0 ? '' : known}`
}

function format(headline: string, findings: readonly Finding[], paint: Paint): readonly string[] {
  const healthy = findings.some(({ severity }) => severity === 'problem') ? '' : ': nothing to worry about'
  const lines = [`${paint(headline, 'bold')}${healthy}`]
  for (const { severity, what, evidence, advice } of findings) {
    lines.push('', `${paint(severity, severity === 'problem' ? 'red' : 'yellow')}: ${printable(what)}`)
    for (const fact of evidence) if (fact !== what) lines.push(`  - ${printable(fact)}`)
    lines.push(`  to do: ${printable(advice)}`)
  }
  return lines
}
