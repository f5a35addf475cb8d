/** A further node of a group: it takes the settings of the group along from the file of another node. */
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Document, parseDocument } from 'yaml'
import { instancesOf } from '../../../config/instances.ts'
import { judgeConfig } from '../../../config/load.ts'
import { formatProblem } from '../../../config/problems.ts'
import type { HostFacts } from '../../../config/resolve.ts'
import type { GatewayFile } from '../../../config/schema.ts'
import type { NetworkInterface } from '../../ports/netlink/netlink.ts'
import { samePrefix } from '../../wire/ip-address-bytes.ts'
import { CliError } from '../env.ts'
import { addressOf, leadsOneOf, problemOf } from './answers.ts'
import { chooseInterface, choosePriority, factsOf, hear, KEY_FILE, type Order, surroundingLines } from './order.ts'
import { finish } from './outcome.ts'
import type { Heard } from './surroundings.ts'
import { type NewFile, secretFor } from './writing.ts'

/** Room for nodes in between. */
const STEP = 10
const KEY_FILE_BYTES = 4096
const KEY_CHARACTERS = 16
const OPEN_MODE = 0o644
const LOWEST_PRIORITY = 1
const OWNER_PRIORITY = 255

/** Writes this node's configuration by that of the node that `--join` names. */
export async function joinGroup(order: Order, from: string): Promise<number> {
  const { options, env, around, say } = order
  const source = readSource(from)
  refuseGroupFlags(order)
  const key = keyOf(source, from)
  if (order.talk !== undefined) {
    say(
      `This sets up a further gateway of the group of ${from}. Ctrl-C ends it at any time: nothing is written before the last answer.`,
      '',
    )
  }
  say(...surroundingLines(around))
  const link = await chooseInterface(order, proposedInterface(source, order))
  const facts = await factsOf(link, env)
  const nameProblem = options.name === undefined ? null : problemOf({ name: options.name }, facts)
  if (nameProblem !== null) throw new CliError(`--name: ${nameProblem}`)
  const heard = await hear(link, order)
  const priorities = await prioritiesOf(source, order, facts)
  const document = parseDocument(readFileSync(from, 'utf8'))
  const notes = [...heardNotes(source, heard), ...makeOwn(document, { source, link, facts, priorities, options })]
  const keyFile = key === null ? null : join(dirname(order.output), KEY_FILE)
  if (keyFile !== null) document.setIn(['cluster', 'keyFile'], keyFile)
  const configuration: NewFile = {
    path: order.output,
    text: document.toString({ lineWidth: 0, flowCollectionPadding: false }),
    ...(holdsSecret(source) ? secretFor(order.serviceGroup) : { mode: OPEN_MODE }),
  }
  const files = keyFile === null || key === null ? [] : newKey(keyFile, key, order)
  if (keyFile !== null && dirname(from) !== dirname(order.output))
    notes.push(`the copies that were brought here are not needed any more: ${from} and its key`)
  return finish(order, { facts, files: [...files, configuration], keyFile, notes })
}

function readSource(from: string): GatewayFile {
  const judged = judgeConfig(from, false)
  if (judged.ok) return judged.value
  throw new CliError(`--join: ${from} is no configuration of a gateway:`, ...judged.problems.map(formatProblem))
}

/** What nodes of one group have in common comes from the file. */
function refuseGroupFlags({ options }: Order): void {
  const given = [
    ...(options.virtualIp.length > 0 ? ['--virtual-ip'] : []),
    ...(options.redirect.length > 0 ? ['--redirect'] : []),
    ...(options.virtualRouterId === undefined ? [] : ['--virtual-router-id']),
  ]
  if (given.length > 0)
    throw new CliError(...given.map((flag) => `${flag}: is a setting of the group, and comes with --join`))
}

/** The text of the key file, from beside the file that was brought, or from where it is; null: the group's key is no file. */
function keyOf({ cluster }: GatewayFile, from: string): string | null {
  if (cluster.keyFile === undefined) return null
  const places = [join(dirname(from), basename(cluster.keyFile)), cluster.keyFile]
  for (const place of places) {
    const facts = statSync(place, { throwIfNoEntry: false })
    if (facts === undefined) continue
    if (!facts.isFile() || facts.size > KEY_FILE_BYTES) throw new CliError(`${place}: is no file with a key`)
    const text = readKey(place)
    if (text.trim().length >= KEY_CHARACTERS) return text
    throw new CliError(`${place}: holds too short a key; bring that of the other node: ${cluster.keyFile}`)
  }
  throw new CliError(
    `the key of the group is missing: bring ${cluster.keyFile} of the other node along, and put it beside ${from}`,
  )
}

function readKey(place: string): string {
  try {
    return readFileSync(place, 'utf8')
  } catch (error) {
    throw new CliError(`${place}: cannot be read: ${(error as Error).message}`)
  }
}

const holdsSecret = ({ cluster, inspector }: GatewayFile): boolean =>
  Object.keys(cluster).some((name) => name === 'key' || name === 'keys') ||
  Object.keys(inspector).some((name) => name.startsWith('token'))

/** One with the same name where there is one, else one in the subnet of a virtual IP. */
function proposedInterface(source: GatewayFile, { around }: Order): string | undefined {
  const virtual = instancesOf(source).flatMap(({ virtualIps }) => virtualIps.map(({ address }) => address))
  const isNear = ({ addresses }: NetworkInterface): boolean =>
    addresses.some(({ address, prefixLength }) => virtual.some((other) => samePrefix(address, other, prefixLength)))
  const near = around.interfaces.filter(isNear)
  return (near.find(({ name }) => name === source.interface) ?? near[0])?.name ?? around.proposed
}

/** A priority for each instance, in their order. */
async function prioritiesOf(source: GatewayFile, order: Order, facts: HostFacts): Promise<readonly number[]> {
  const theirs = instancesOf(source).map(({ directorPriority }) => directorPriority)
  const [only = 0, ...others] = theirs
  if (others.length > 0) {
    if (order.options.priority !== undefined)
      throw new CliError(
        '--priority: this group has several instances, each with a priority of its own; set them in the file',
      )
    return theirs.map(nextLower)
  }
  const refusal = (priority: number): string | null =>
    priority === only ? `${only} is that of the node that the file is of; take another one` : null
  return [await choosePriority(order, facts, { proposal: nextLower(only), refusal })]
}

function nextLower(priority: number): number {
  if (priority === OWNER_PRIORITY || priority > STEP) return Math.min(priority, OWNER_PRIORITY - 1) - STEP
  return Math.max(LOWEST_PRIORITY, priority - 1)
}

/** Turns the other node's file into this one's; what is left to be done by hand. */
function makeOwn(
  document: Document,
  {
    source,
    link,
    facts,
    priorities,
    options,
  }: {
    readonly source: GatewayFile
    readonly link: NetworkInterface
    readonly facts: HostFacts
    readonly priorities: readonly number[]
    readonly options: Order['options']
  },
): string[] {
  const notes: string[] = []
  if (options.name !== undefined) document.set('name', options.name)
  else document.delete('name')
  if (document.has('interface') || link.name !== 'eth0') document.set('interface', link.name)
  document.delete('managementIp')
  if (source.instances === undefined) document.set('directorPriority', priorities[0])
  else {
    for (const [index, priority] of priorities.entries())
      document.setIn(['instances', index, 'directorPriority'], priority)
    notes.push("the priorities of the instances are each below the other node's: raise those that this node is to lead")
  }
  const own = ownAddressOf(source, facts)
  const peers = source.vrrp.unicastPeers
  if (peers.length > 0) {
    const others = [...(source.managementIp === undefined ? [] : [source.managementIp]), ...peers]
    document.setIn(
      ['vrrp', 'unicastPeers'],
      [...new Set(others)].filter((address) => address !== own),
    )
    if (source.managementIp === undefined)
      notes.push('vrrp.unicastPeers: add the address of the node that the file came from')
    if (!peers.includes(own)) notes.push(`vrrp.unicastPeers: add ${own} on the other nodes`)
  }
  return notes
}

/** This node's own address: the first that is no virtual IP. */
function ownAddressOf(source: GatewayFile, facts: HostFacts): string {
  const virtual = new Set(instancesOf(source).flatMap(({ virtualIps }) => virtualIps.map(({ address }) => address)))
  return facts.interfaceAddresses.find(({ family, address }) => family === 4 && !virtual.has(address))?.address ?? ''
}

/** Whether the group is there already, and nobody else with its VRID. */
function heardNotes(source: GatewayFile, { routers, unheard }: Heard): readonly string[] {
  if (unheard !== null) return []
  return instancesOf(source).flatMap(({ virtualRouterId, virtualIps }) => {
    const addresses = virtualIps.map(({ address }) => addressOf(address))
    if (addresses.some((address) => address.includes(':'))) return []
    const same = routers.filter((router) => router.virtualRouterId === virtualRouterId)
    const stranger = same.find((router) => !leadsOneOf(router, addresses))
    if (stranger !== undefined)
      return [
        `VRID ${virtualRouterId} is used by ${stranger.source} for ${stranger.addresses.join(', ')} as well: is that the same subnet?`,
      ]
    if (same.length > 0) return []
    return [
      `no director of VRID ${virtualRouterId} was heard: start the other node, and see that both are on one subnet`,
    ]
  })
}

/** Nothing where it is there already; another one is replaced by --force only. */
function newKey(path: string, text: string, { options, serviceGroup }: Order): readonly NewFile[] {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there !== undefined && readKey(path).trim() === text.trim()) return []
  if (there !== undefined && options.force !== true)
    throw new CliError(`${path}: is there already, and is not the key of that group; --force replaces it`)
  return [{ path, text: `${text.trim()}\n`, ...secretFor(serviceGroup) }]
}
