/** The first node of a group. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { subnetOf } from '../../../config/host-addresses.ts'
import type { HostFacts } from '../../../config/resolve.ts'
import type { NetworkInterface } from '../../ports/netlink/netlink.ts'
import { familyOf } from '../../wire/ip-address-bytes.ts'
import { type CliEnv, CliError } from '../env.ts'
import {
  type Answers,
  addressOf,
  freeVrid,
  leadsOneOf,
  problemOf,
  type RedirectAnswer,
  readRedirect,
  vridProblem,
} from './answers.ts'
import { gatewayText } from './gateway-text.ts'
import { chooseInterface, choosePriority, factsOf, hear, KEY_FILE, type Order, surroundingLines } from './order.ts'
import { finish } from './outcome.ts'
import { type Heard, likelyProxies } from './surroundings.ts'
import { type NewFile, secretFor } from './writing.ts'

/** RFC 9568 has 100 for who backs up; what is left below it is room for the others. */
const FIRST_PRIORITY = 100
/** Who has an address answers at once; a busy host, or a switch that learns, later. */
const ARP_MS = 1000
const KEY_BYTES = 32
/** As the configuration takes a key. */
const KEY_CHARACTERS = 16
const FILE_MODE = 0o644

/** Asks, or goes by the flags, and writes configuration and key. */
export async function beginGroup(order: Order): Promise<number> {
  const { options, env, around, talk, say } = order
  if (talk !== undefined) {
    say(
      'This sets up the first gateway of a group. Ctrl-C ends it at any time: nothing is written before the last answer. On a further node take the settings of the first one along: proxyha init --join FILE',
      '',
    )
  }
  say(...surroundingLines(around))
  requireFlags(order)
  const link = await chooseInterface(order)
  const facts = await factsOf(link, env)
  const redirectsGiven = readFlags(order, facts)
  const heard = await hear(link, order)
  const virtualIps = await chooseVirtualIps(order, { link, facts, heard })
  const redirects = redirectsGiven.length > 0 ? redirectsGiven : await chooseRedirects(order, facts)
  const directorPriority = await choosePriority(order, facts, { proposal: FIRST_PRIORITY, refusal: () => null })
  const virtualRouterId = options.virtualRouterId ?? freeVrid(heard.routers)
  const taken = vridProblem(virtualRouterId, virtualIps, heard.routers)
  if (taken !== null) throw new CliError(`--virtual-router-id: ${taken}`)
  const answers = {
    interfaceName: link.name,
    name: options.name,
    virtualIps,
    redirects,
    directorPriority,
    virtualRouterId,
  }
  return finish(order, { facts, ...filesOf(order, answers), notes: [] })
}

/** What nobody can propose. */
function requireFlags({ options, talk }: Order): void {
  if (talk !== undefined) return
  const missing = [
    ...(options.virtualIp.length > 0
      ? []
      : ['--virtual-ip is missing: the address that clients use, such as 10.0.0.5']),
    ...(options.redirect.length > 0 ? [] : ['--redirect is missing: PORT or PORT:PROXYPORT, such as 8080:3128']),
  ]
  if (missing.length > 0) throw new CliError(...missing, 'in a terminal, and without --yes, "proxyha init" asks for it')
}

/** The redirects of the flags, when none of the flags is wrong by itself. @throws CliError with all that are */
function readFlags({ options }: Order, facts: HostFacts): readonly RedirectAnswer[] {
  const read = options.redirect.map(readRedirect)
  const redirects = read.filter((redirect) => typeof redirect !== 'string')
  const { virtualIp, virtualRouterId, name } = options
  const judged: readonly (readonly [flag: string, answer: Partial<Answers>])[] = [
    ...(virtualIp.length > 0 ? [['--virtual-ip', { virtualIps: virtualIp }] as const] : []),
    ...(redirects.length > 0 ? [['--redirect', { redirects }] as const] : []),
    ...(virtualRouterId === undefined ? [] : [['--virtual-router-id', { virtualRouterId }] as const]),
    ...(name === undefined ? [] : [['--name', { name }] as const]),
  ]
  const problems = [
    ...read.filter((redirect) => typeof redirect === 'string').map((problem) => `--redirect: ${problem}`),
    ...judged.flatMap(([flag, answer]) => {
      const problem = problemOf(answer, facts)
      return problem === null ? [] : [`${flag}: ${problem}`]
    }),
  ]
  if (problems.length > 0) throw new CliError(...problems)
  return redirects
}

/** Where virtual IPs are looked for. */
interface Subnet {
  readonly link: NetworkInterface
  readonly facts: HostFacts
  readonly heard: Heard
}

async function chooseVirtualIps(order: Order, subnet: Subnet): Promise<readonly string[]> {
  const { options, talk, say, env } = order
  if (options.virtualIp.length > 0 || talk === undefined) {
    const problem = await virtualIpProblem(options.virtualIp, subnet, env, say)
    if (problem !== null) throw new CliError(`--virtual-ip: ${problem}`)
    return options.virtualIp
  }
  const own = subnet.link.addresses.filter(({ family }) => family === 4)
  const subnets = own.map(({ address, prefixLength }) => subnetOf(address, prefixLength)).join(', ')
  const answer = await talk.ask({
    about: [
      `The virtual IP is the address that clients use: one of ${subnets} that nobody has. Several are separated by spaces.`,
    ],
    prompt: 'Virtual IP',
    proposal: undefined,
    check: (text) => virtualIpProblem(words(text), subnet, env, say),
  })
  return words(answer)
}

const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '')

async function virtualIpProblem(
  virtualIps: readonly string[],
  { link, facts, heard }: Subnet,
  env: CliEnv,
  say: Order['say'],
): Promise<string | null> {
  const problem = problemOf({ virtualIps }, facts)
  if (problem !== null) return problem
  const addresses = virtualIps.map(addressOf)
  const own = facts.interfaceAddresses.find(({ address }) => addresses.includes(address))
  if (own !== undefined) return `${own.address} is this host's own address; a virtual IP must belong to no node`
  const group = heard.routers.find((router) => leadsOneOf(router, virtualIps))
  if (group !== undefined) {
    const { virtualRouterId, source, addresses: led } = group
    return `${led.find((address) => addresses.includes(address))} is led by ${source} with VRID ${virtualRouterId}; to join that group take its file along: --join FILE`
  }
  const asked = addresses.filter((address) => familyOf(address) === 'ipv4')
  if (asked.length === 0) return null
  const holders = await env.host.survey.holdersOf(link, asked, ARP_MS, env.interrupted)
  if (!holders.ok) {
    say(`  whether somebody has it already could not be asked: ${holders.reason}`)
    return null
  }
  const [held] = holders.value
  return held === undefined ? null : `${held[0]} is in use: ${held[1]} answers for it; take one that nobody has`
}

async function chooseRedirects(order: Order, facts: HostFacts): Promise<readonly RedirectAnswer[]> {
  const { talk, around } = order
  const proposed = likelyProxies(around)
  const problem = (text: string): string | null => {
    const read = words(text).map(readRedirect)
    const unreadable = read.find((redirect) => typeof redirect === 'string')
    return unreadable ?? problemOf({ redirects: read.filter((redirect) => typeof redirect !== 'string') }, facts)
  }
  const answer = await talk!.ask({
    about: [
      'The ports that clients use on the virtual IP: PORT where the proxy listens on the same one, PORT:PROXYPORT where on another. Several are separated by spaces.',
    ],
    prompt: 'Ports',
    proposal: proposed.length === 0 ? undefined : proposed.join(' '),
    check: async (text) => problem(text),
  })
  return words(answer).flatMap((text) => {
    const read = readRedirect(text)
    return typeof read === 'string' ? [] : [read]
  })
}

/** The configuration, and a key where there is none beside it yet. @throws CliError where that one is no key */
function filesOf(
  { output, say, serviceGroup }: Order,
  answers: Answers,
): { readonly files: readonly NewFile[]; readonly keyFile: string } {
  const keyFile = join(dirname(output), KEY_FILE)
  const configuration = { path: output, text: gatewayText(answers, keyFile), mode: FILE_MODE }
  if (!existsSync(keyFile)) {
    const key = { path: keyFile, text: `${randomBytes(KEY_BYTES).toString('hex')}\n`, ...secretFor(serviceGroup) }
    return { files: [key, configuration], keyFile }
  }
  if (readFileSync(keyFile, 'utf8').trim().length < KEY_CHARACTERS)
    throw new CliError(`${keyFile}: is there already, and holds too short a key; remove it, and a new one is made`)
  say('', `${keyFile} is there already, and stays as it is: other nodes may have it.`)
  return { files: [configuration], keyFile }
}
