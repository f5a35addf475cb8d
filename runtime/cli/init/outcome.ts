/** The end of `proxyha init`: checks what will be written, writes it, and says what is next. */
import type { GatewayConfig } from '../../../config/gateway-config.ts'
import { parseConfig } from '../../../config/load.ts'
import { formatProblem } from '../../../config/problems.ts'
import { type HostFacts, resolveConfig } from '../../../config/resolve.ts'
import { checkHere } from '../commands/check.ts'
import { judge } from '../commands/check-config.ts'
import { hostFindings } from '../doctor/host-findings.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG } from '../env.ts'
import type { Order } from './order.ts'
import { type NewFile, writeFiles } from './writing.ts'

interface Outcome {
  readonly facts: HostFacts
  /** What is to be written; the configuration comes last. */
  readonly files: readonly NewFile[]
  /** Where the key of the group is; null: in the configuration, or there is none. */
  readonly keyFile: string | null
  /** What else is to be said. */
  readonly notes: readonly string[]
}

/** @throws CliError with what is wrong with the configuration, or stood in the way of writing it; then nothing was written */
export async function finish(order: Order, { facts, files, keyFile, notes }: Outcome): Promise<number> {
  const { output, options, env, say, show } = order
  const config = checked(files.at(-1)?.text ?? '', facts)
  const forwarding = await forwardingLine(config, env)
  // Nobody who ended it is left with files.
  if (env.interrupted.aborted) throw new CliError('ended: nothing was written')
  writeFiles(files, options.force === true)
  say('', ...files.map(wroteLine))
  const { name, interfaceName, managementIp, virtualIps, instances } = config
  const led = instances.map(
    ({ virtualRouterId, directorPriority }) => `VRID ${virtualRouterId}, priority ${directorPriority}`,
  )
  say(
    '',
    `Node         ${name}, ${managementIp} on ${interfaceName}`,
    `Virtual IP   ${virtualIps.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(', ')}`,
    `Election     ${led.join('; ')}`,
    `Forwarding   ${forwarding}`,
  )
  const { mistakes, host } = await judge(output, env.host)
  const open = [...notes, ...[...mistakes, ...host].map(formatProblem), ...(await findings(config, output, env))]
  if (open.length > 0) say('', 'To be seen to:', ...open.map((line) => `- ${line}`))
  show('', ...nextSteps(output, keyFile, order.serviceGroup !== null && output === DEFAULT_CONFIG))
  return 0
}

function wroteLine({ path, mode, group }: NewFile): string {
  const readers = group === undefined ? 'its owner only' : 'its owner and the service only'
  return `Wrote ${path}${(mode & 0o007) === 0 ? `, readable by ${readers}` : ''}`
}

function checked(text: string, facts: HostFacts): GatewayConfig {
  const file = parseConfig(text)
  if (!file.ok) throw new CliError(...file.problems)
  const config = resolveConfig(file.value, facts)
  if (!config.ok) throw new CliError(...config.problems)
  return config.value
}

async function forwardingLine(config: GatewayConfig, env: CliEnv): Promise<string> {
  const chosen = await env.host.forwardingOf(config)
  if (!chosen.ok) return `kernel mode is asked for, and this host cannot do it: ${chosen.reason}`
  const { mode, wanted, lacking } = chosen.value
  if (lacking !== null) return `workers mode, since kernel mode cannot be had here: ${lacking}`
  return wanted === null ? `${mode} mode` : `${mode} mode, for ${wanted}`
}

/** What the doctor would say to this host, and what the monitor would say to its proxies. */
async function findings(config: GatewayConfig, output: string, env: CliEnv): Promise<readonly string[]> {
  const { interfaceName, managementIp, virtualIps, redirects } = config
  const proxyPorts = redirects.map(({ proxyPort }) => proxyPort)
  const view = await env.host.view({
    interfaceName,
    pid: null,
    managementIp,
    virtualIps: virtualIps.map(({ address }) => address),
    proxyPorts,
    redirectPorts: [...proxyPorts, ...redirects.flatMap(({ originalPorts }) => originalPorts)],
  })
  const monitor = await checkHere(output, env).catch((error: unknown) => {
    if (error instanceof CliError) return null
    throw error
  })
  return [
    ...(monitor?.ports ?? []).flatMap(({ port, problem }) => (problem === null ? [] : [`port ${port} ${problem}`])),
    ...hostFindings(view).map(({ text, advice }) => (advice === null ? text : `${text}: ${advice}`)),
  ]
}

function nextSteps(output: string, keyFile: string | null, isService: boolean): readonly string[] {
  const copied = keyFile === null ? output : `${output} ${keyFile}`
  const [file = output] = output.split('/').slice(-1)
  return [
    'Start this node:',
    isService ? '  systemctl enable --now proxyha' : `  proxyha run -c ${output}`,
    'For the next node, from here, and then there:',
    `  scp ${copied} OTHER:`,
    `  proxyha init --join ${file}`,
  ]
}
