import type { Command } from 'commander'
import type { Role } from '../../../actors/elector/messages.ts'
import { portsIn } from '../../../actors/fast-path/ruleset/port-ranges.ts'
import { gravestFirst } from '../../../actors/inspector/doctor/findings.ts'
import type { Diagnostics, DoctorReport, Finding, GatewayStatus, Verdict } from '../../../actors/inspector/messages.ts'
import { instancesOf } from '../../../config/instances.ts'
import type { GatewayFile } from '../../../config/schema.ts'
import { LEVEL_COLOURS, selfTitle, titleOfAddress } from '../../terminal/group-view.ts'
import { fold, type Look, lookOf, printable } from '../../terminal/look.ts'
import { checkHere } from '../commands/check.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG, NoAnswerError } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { readConfig } from '../read-config.ts'
import { besideTheRedirects, pastTheRedirects } from './client-findings.ts'
import { hostFindings } from './host-findings.ts'
import { offlineFindings, type Unattended } from './offline-findings.ts'
import type { Outside, OutsideRule } from './outside.ts'
import { portFilter } from './port-filter-findings.ts'

const HELP = `
Looks for what is wrong as this node sees it: a second director, somebody else's
VRID, adverts and beacons that are discarded, settings that differ, nodes that
take no traffic or less than the others, clients that come past the redirects or
with one address for many, and what of this host stands in the way: link,
filters, kernel settings, capabilities, memory. Each finding comes with its
evidence and with what to do. A note is no problem. Nothing is changed.

Of a gateway on another host (--host) it has what that says; run it there to
have the host looked at. Where no gateway answers, it says so, and with -c (or
/etc/proxyha/gateway.yaml) looks at what can be seen without one.

Exit codes: 0 nothing to worry about, 1 something to mend, or bad input.

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

/** What the gateway itself cannot see, or does not look at by the clock. */
const OUTSIDE_RULES: readonly OutsideRule[] = [
  pastTheRedirects,
  besideTheRedirects,
  portFilter,
  ({ host }) => hostFindings(host),
]

const REPORTS_ASKED_MAX = 3

async function doctor(options: PrintOptions, env: CliEnv): Promise<number> {
  try {
    const { verdict, findings } = await wholeReport(options)
    const status = await askGateway<GatewayStatus>(options, '/status?all=1')
    const known = new Set(findings.map(({ code }) => code))
    const others = (await findingsOutside(status, options, env)).filter(({ code }) => !known.has(code))
    const subject = { node: status.node, role: status.role, verdict }
    return tell(subject, headlineOf(status, options), gravestFirst([...findings, ...others]), options, env)
  } catch (error) {
    const isHere = options.socket === undefined && options.host === undefined
    const path = options.config ?? (isHere ? DEFAULT_CONFIG : undefined)
    if (!(error instanceof NoAnswerError) || path === undefined) throw error
    const loaded = await readConfig(path)
    // Without a configuration that can be read, that no gateway answers is all that is known.
    if (!loaded.ok) throw error
    const findings = offlineFindings(await observeWithout(path, loaded.value, error, env))
    const subject = { node: loaded.value.name ?? null, role: null, verdict: null }
    return tell(subject, SILENCES[error.why], findings, options, env)
  }
}

/** The first line where there was no answer. */
const SILENCES: Readonly<Record<NoAnswerError['why'], string>> = {
  absent: 'no gateway answers here',
  denied: 'the gateway here may not be asked',
  silent: 'the gateway here does not answer',
}

interface Subject {
  readonly node: string | null
  readonly role: Role | null
  /** Null: no gateway answers. */
  readonly verdict: Verdict | null
}

function tell(
  subject: Subject,
  headline: string,
  findings: readonly Finding[],
  { json }: PrintOptions,
  env: CliEnv,
): number {
  const told = json
    ? JSON.stringify({ ...subject, findings: findings.map(withFormerNames) }, null, 2)
    : format(subject.verdict, headline, findings, lookOf(env)).join('\n')
  env.stdout.write(`${told}\n`)
  return findings.every(({ level }) => level === 'note') ? 0 : 1
}

/** Also by the names that scripts knew before there were levels. */
const withFormerNames = (finding: Finding) => ({
  ...finding,
  severity: finding.level === 'note' ? 'note' : 'problem',
  what: finding.text,
})

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

/** What this host shows; of a gateway on another host nothing of that can be seen from here. */
async function findingsOutside(status: GatewayStatus, options: PrintOptions, env: CliEnv): Promise<readonly Finding[]> {
  if (options.host !== undefined) return []
  const outside = await lookFromOutside(status, options, env)
  return OUTSIDE_RULES.flatMap((rule) => rule(outside))
}

async function lookFromOutside(status: GatewayStatus, options: PrintOptions, env: CliEnv): Promise<Outside> {
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
  return { status, diagnostics, host }
}

/** On a busy host a part of the gateway may answer late once: only what stays silent is worth a word. */
async function wholeReport(options: PrintOptions): Promise<DoctorReport> {
  for (let asked = 1; ; asked++) {
    const report = await askGateway<DoctorReport>(options, '/doctor')
    if (asked === REPORTS_ASKED_MAX || report.findings.every(({ code }) => code !== 'actor-silent')) return report
  }
}

/** Proxy ports that are no original port at the same time: who connects to one of them comes past the redirects. */
function portsBehind(redirects: Diagnostics['redirects']): readonly number[] {
  const original = new Set(redirects.flatMap(({ originalPorts }) => originalPorts))
  return [...new Set(redirects.map(({ proxyPort }) => proxyPort))].filter((port) => !original.has(port))
}

function headlineOf(status: GatewayStatus, { host }: PrintOptions): string {
  const { role, instances, nodes } = status
  const masters = [...new Set(instances.flatMap(({ masterIp }) => masterIp ?? []))]
  const titles = masters.map((master) => titleOfAddress(master, nodes)).join(', ')
  const known = masters.length === 1 ? `; the director is ${titles}` : `; the directors are ${titles}`
  const who = `${selfTitle(status)} is ${role}${role === 'director' || masters.length === 0 ? '' : known}`
  return host === undefined ? who : `${who}; of its host nothing was looked at`
}

function format(
  verdict: Verdict | null,
  headline: string,
  findings: readonly Finding[],
  { paint, columns }: Look,
): readonly string[] {
  const healthy = findings.every(({ level }) => level === 'note') ? ': nothing to worry about' : ''
  const lines = [
    ...(verdict === null ? [] : [paint(printable(verdict.text), LEVEL_COLOURS[verdict.level])]),
    ...fold(`${headline}${healthy}`, columns, 2),
  ]
  for (const { level, text, evidence, advice } of findings) {
    const [first = '', ...others] = fold(`${level}: ${printable(text)}`, columns, 2)
    lines.push('', `${paint(level, level === 'failure' ? 'red' : 'yellow')}${first.slice(level.length)}`, ...others)
    for (const fact of evidence) if (fact !== text) lines.push(...fold(`  - ${printable(fact)}`, columns, 4))
    if (advice !== null) lines.push(...fold(`  to do: ${printable(advice)}`, columns, 9))
  }
  return lines
}
