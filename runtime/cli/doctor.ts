import type { Command } from 'commander'
import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import type { CliEnv } from './env.ts'
import { diagnose, type Finding } from './findings.ts'
import { askGateway } from './gateway-client.ts'
import { NODE_RULES } from './node-findings.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from './options.ts'
import { type Paint, painter, printable } from './table.ts'
import { VRRP_RULES } from './vrrp-findings.ts'

const HELP = `
Looks for what is wrong as this node sees it: a second director, somebody else's VRID, adverts that are discarded, settings that
differ, nodes that take no traffic, and why this node is (not) director. Each finding comes with its evidence and with what
to do. A note is no problem.

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

async function doctor(options: PrintOptions, env: CliEnv): Promise<number> {
  const status = await askGateway<GatewayStatus>(options, '/status')
  const findings = diagnose(status, [...VRRP_RULES, ...NODE_RULES])
  const { node, role } = status
  env.stdout.write(
    options.json ? `${JSON.stringify({ node, role, findings }, null, 2)}\n` : format(status, findings, painter(env)),
  )
  return findings.some(({ severity }) => severity === 'problem') ? 1 : 0
}

function format({ node, role, instances }: GatewayStatus, findings: readonly Finding[], paint: Paint): string {
  const masters = [...new Set(instances.flatMap(({ masterIp }) => masterIp ?? []))]
  const known = masters.length === 1 ? `; the director is ${masters[0]}` : `; the directors are ${masters.join(', ')}`
  const director = role === 'director' || masters.length === 0 ? '' : known
  const healthy = findings.some(({ severity }) => severity === 'problem') ? '' : ': nothing to worry about'
  const lines = [`${paint(printable(node), 'bold')} is ${role}${director}${healthy}`]
  for (const { severity, what, evidence, advice } of findings) {
    lines.push('', `${paint(severity, severity === 'problem' ? 'red' : 'yellow')}: ${printable(what)}`)
    for (const fact of evidence) if (fact !== what) lines.push(`  - ${printable(fact)}`)
    lines.push(`  to do: ${printable(advice)}`)
  }
  return `${lines.join('\n')}\n`
}
