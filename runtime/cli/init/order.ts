import type { HostFacts } from '../../../config/resolve.ts'
import type { NetworkInterface } from '../../ports/netlink/netlink.ts'
import { type CliEnv, CliError } from '../env.ts'
import { problemOf } from './answers.ts'
import { LABEL_COLUMNS } from './fold.ts'
import { type Heard, listenForRouters, type Surroundings } from './surroundings.ts'
import type { Talk } from './talk.ts'

/** What was asked for on the command line. */
export interface InitOptions {
  readonly interface?: string
  readonly virtualIp: readonly string[]
  readonly redirect: readonly string[]
  readonly priority?: number
  readonly virtualRouterId?: number
  readonly name?: string
  readonly output: string
  readonly force?: boolean
  readonly yes?: boolean
  readonly join?: string
}

/** One run of the command. */
export interface Order {
  readonly options: InitOptions
  /** Absolute. */
  readonly output: string
  readonly env: CliEnv
  /** Undefined: nobody is there to be asked. */
  readonly talk: Talk | undefined
  readonly around: Surroundings
  /** That of the service, where there is one: a gateway of it must be able to read its secrets. */
  readonly serviceGroup: number | null
  /** Prose, folded. */
  say(...lines: readonly string[]): void
  /** Lines as they are. */
  show(...lines: readonly string[]): void
}

/** Where the group's key is unless another file is named: beside the configuration. */
export const KEY_FILE = 'cluster.key'

/** The interface of the group: as named, else the proposed one, else by a question. @throws CliError where there is no such */
export async function chooseInterface(
  { options, around, talk }: Order,
  proposed = around.proposed,
): Promise<NetworkInterface> {
  const byName = (name: string) => around.interfaces.find((candidate) => candidate.name === name)
  const there = around.interfaces.map(({ name }) => name).join(', ')
  const problem = (name: string) => `${name} is no interface of this host with an IPv4 address; there is ${there}`
  if (options.interface !== undefined) {
    const named = byName(options.interface)
    if (named === undefined) throw new CliError(`--interface: ${problem(options.interface)}`)
    return named
  }
  const only = around.interfaces.length === 1 ? around.interfaces[0] : undefined
  const found = only ?? (talk === undefined && proposed !== undefined ? byName(proposed) : undefined)
  if (found !== undefined) return found
  if (talk === undefined) throw new CliError(`--interface is missing: this host has ${there}`)
  const answer = await talk.ask({
    about: ['The interface on the subnet that all nodes and the virtual IPs share.'],
    prompt: 'Interface',
    proposal: proposed,
    check: async (name) => (byName(name) === undefined ? problem(name) : null),
  })
  return byName(answer)!
}

/** @throws CliError where the kernel does not tell */
export async function factsOf(link: NetworkInterface, env: CliEnv): Promise<HostFacts> {
  const facts = await env.host.facts(link.name)
  if (!facts.ok) throw new CliError(`${link.name}: ${facts.reason}`)
  return facts.value
}

/** The lines about this host. */
export function surroundingLines({ interfaces, proposed, listening }: Surroundings): readonly string[] {
  const links = interfaces.map(({ name, addresses, up }) => {
    const own = addresses
      .filter(({ family }) => family === 4)
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
    return `${name}  ${own.join(' ')}${up ? '' : '  down'}${name === proposed && interfaces.length > 1 ? '  proposed' : ''}`
  })
  const ports = listening?.map(({ port, unbound, programs }) => {
    const notes = [...programs, ...(unbound ? [] : ['single addresses only'])]
    return `${port}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
  })
  const told = ports === undefined ? ['cannot be told'] : [ports.join(', ') || 'nothing']
  return [...columned('Interfaces', links), ...columned('Listening', told)]
}

const columned = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => `${(index === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`)

/** Listens, and says what was heard. @throws CliError where that was ended by Ctrl-C */
export async function hear(link: NetworkInterface, { env, say }: Order): Promise<Heard> {
  say('', `Listening for other VRRP routers on ${link.name} for 4 s ...`)
  const heard = await listenForRouters(link, env)
  if (env.interrupted.aborted) throw new CliError('ended: nothing was written')
  if (heard.unheard !== null) {
    say(...columned('VRRP', [`could not be listened for, so VRIDs may be in use: ${heard.unheard}`]))
    return heard
  }
  const lines = heard.routers.map(({ virtualRouterId, priority, source, addresses }) => {
    const more = addresses.length > 3 ? ' ...' : ''
    return `VRID ${virtualRouterId}: ${source} (priority ${priority}) leads ${addresses.slice(0, 3).join(' ')}${more}`
  })
  say(...columned('VRRP', lines.length === 0 ? ['nobody was heard'] : lines))
  return heard
}

/** The priority that a flag gives, or an answer. @throws CliError where the flag is wrong */
export async function choosePriority(
  { options, talk }: Order,
  facts: HostFacts,
  { proposal, refusal }: { readonly proposal: number; refusal(priority: number): string | null },
): Promise<number> {
  const check = (priority: number): string | null =>
    problemOf({ directorPriority: priority }, facts) ?? refusal(priority)
  if (options.priority !== undefined || talk === undefined) {
    const priority = options.priority ?? proposal
    const problem = check(priority)
    if (problem !== null) throw new CliError(`--priority: ${problem}`)
    return priority
  }
  const answer = await talk.ask({
    about: ['The node with the highest priority is director, 1..254: another one on each node.'],
    prompt: 'Priority',
    proposal: String(proposal),
    check: async (text) => check(/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN),
  })
  return Number(answer)
}
