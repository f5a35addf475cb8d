import { foreignOnLoopback } from '../../actors/fast-path/kernel/loopback.ts'
import { portMappingProblem } from '../../actors/fast-path/ruleset/continued-ports.ts'
import { refusedListeners } from '../../actors/forwarder/listener-plan.ts'
import type { ForwarderPool } from '../../actors/forwarder/pool.ts'
import type { NotifierOptions } from '../../actors/notifier/machine.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { reasonOf } from '../actor-system/actor-error.ts'
import type { ActorSystem } from '../actor-system/actor-system.ts'
import { openLinuxNetlink } from '../ports/netlink/linux/netlink.ts'
import type { Nft } from '../ports/nft/nft.ts'
import { configuredLastOf, plansOf, stopOrderOf } from './actor-row.ts'
import { actors } from './actors.ts'
import { changeFence, clearLoopback } from './fencing.ts'
import { refusedInMode } from './forwarding-mode.ts'
import { type GatewayPlace, type GatewayPlan, planGateway } from './gateway-plan.ts'
import { portsTaken } from './ports-taken.ts'
import { Reloader, type ReloaderParts } from './reloader.ts'
import { checkListening } from './start-checks.ts'

/** What of a gateway that runs is made otherwise by a reload. */
export interface RunningParts extends Pick<ReloaderParts, 'load' | 'log' | 'happened' | 'began' | 'ended'> {
  readonly place: GatewayPlace
  readonly system: ActorSystem
  readonly forwarders: ForwarderPool | undefined
  readonly nft: Nft
  /** The log goes by these settings from now on. */
  followLogging(logging: GatewayConfig['logging']): void
}

/** How long actors may take to confirm their new options, on a busy machine. */
const RELOAD_PATIENCE_MS = 1000

/** Has a gateway that runs by this configuration go by others. */
export function createReloader(
  config: GatewayConfig,
  { place, system, forwarders, nft, followLogging, ...told }: RunningParts,
): Reloader {
  // What listens on this host may be other programs than at the start.
  const plan = (wanted: GatewayConfig): GatewayPlan =>
    planGateway(wanted, { ...place, takenPorts: portsTaken() ?? place.takenPorts }, forwarders)
  let refusals = 0
  return new Reloader(config, {
    ...told,
    refusal: (running, wanted) =>
      refusedInMode(place.forwarding, wanted) ??
      (forwarders === undefined
        ? portMappingProblem(running.redirects, wanted.redirects)
        : (refusedListeners(forwarders.listeners, wanted.redirects) ?? notPermitted(wanted, plan(wanted)))),
    optionsOf: (wanted) => new Map(plansOf(actors, plan(wanted)).map(({ name, options }) => [name, options])),
    configure: (options) => system.configure(options, RELOAD_PATIENCE_MS),
    dismiss: (gone, running) => {
      const order = stopOrderOf(actors, plan(running)).flat()
      return system.dismiss(
        order.filter((actor) => gone.includes(actor)),
        STOP_PATIENCE_MS,
      )
    },
    relink: (wanted) => system.relink(plansOf(actors, plan(wanted))),
    // Who holds addresses before who says so.
    join: (joined, wanted) => {
      const plans = plansOf(actors, plan(wanted)).filter(({ name }) => joined.includes(name))
      return system.join(plans.toReversed())
    },
    configuredLast: (wanted) => configuredLastOf(actors, plan(wanted)),
    refused: (running, problems) => {
      const options = plansOf(actors, plan(running)).find(({ name }) => name === 'notifier')?.options
      refusals += 1
      const told = { ...(options as NotifierOptions), refusal: { number: refusals, problems } }
      void system.configure(new Map([['notifier', told]]), RELOAD_PATIENCE_MS)
    },
    followOnHost: (before, after) => {
      followLogging(after.logging)
      return place.forwarding === 'workers' ? followOnHost(before, after, { place, nft }) : NOTHING
    },
  })
}

/** Ports that this process may not listen on. */
function notPermitted(wanted: GatewayConfig, { forwarding, takenPorts }: GatewayPlan): string | null {
  try {
    checkListening(wanted, forwarding, takenPorts)
    return null
  } catch (error) {
    return `redirects: ${reasonOf(error)}`
  }
}

/** Of an actor, where it does not say that it takes longer. */
export const STOP_PATIENCE_MS = 2000

const NOTHING = Promise.resolve([])

/** In workers mode: what silences virtual IPs, and what an earlier kernel mode may have left on lo. */
async function followOnHost(
  before: GatewayConfig,
  after: GatewayConfig,
  { place, nft }: Pick<RunningParts, 'place' | 'nft'>,
): Promise<readonly string[]> {
  const known = new Set(before.virtualIps.map(({ address }) => address))
  const added = after.virtualIps.map(({ address }) => address).filter((address) => !known.has(address))
  const problems: string[] = []
  const fence = place.fenced ? await changeFence(before, after, nft) : undefined
  if (fence?.ok === false) problems.push(`the virtual IPs are not silenced at the end of a lease: ${fence.reason}`)
  if (added.length === 0) return problems
  const netlink = openLinuxNetlink()
  if (!netlink.ok) return problems
  clearLoopback(after, netlink.value)
  const foreign = foreignOnLoopback(netlink.value, added)
  netlink.value.close()
  return [...problems, ...foreign.map(foreignText)]
}

/** What is said of a virtual IP that an administrator has put on lo, where that is not meant. */
export const foreignText = (address: string): string =>
  `${address} is on lo by somebody else's hand, and answers also where this node is not director: take it off, and restart`
