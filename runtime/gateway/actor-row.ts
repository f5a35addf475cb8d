import type { ActorContext, ActorInstance, MailboxOptions } from '../actor-system/actor.ts'
import type { ActorPlan } from '../actor-system/supervision/plan.ts'
import type { RestartPolicy } from '../actor-system/supervision/restart-policy.ts'
import type { StopOrder } from '../actor-system/supervision/supervisor.ts'
import type { ActorLoaders } from '../actor-system/threads/worker-cell.ts'
import type { InstancePlan } from './election-plans.ts'
import type { ForwardingMode } from './forwarding-mode.ts'
import type { GatewayPlan } from './gateway-plan.ts'

/** An actor may crash that often in a minute; the next time the node is taken out of the group. */
export const RESTART: RestartPolicy = { maxRestarts: 5, windowMs: 60_000, backoffMs: { first: 50, max: 2000 } }
/** As the kernel shows it. */
const SHARED_THREAD = 'actors'
const MAILBOX: MailboxOptions = { capacity: 1024, overflow: 'dropNewest' }

/** Starts an actor with its real ports. */
type StartWith<Options> = (
  context: ActorContext,
  options: Options,
) => ActorInstance<unknown> | Promise<ActorInstance<unknown>>

/** One row of the table: all that a gateway has to know of an actor. `instance` is the actor's virtual router, else the first. */
export interface ActorRow<Options = unknown> {
  /**
   * `worker`: of its own. `shared`: one with all others that say so, for who does little, waits for nothing in a system call, and may be late
   * by what those do; its ports can be closed, since its thread may go on without it.
   */
  readonly thread: 'worker' | 'shared' | 'main'
  /** In that mode of forwarding only. */
  readonly mode?: ForwardingMode
  /** There is one for each virtual router, of this name. */
  nameOf?(instance: InstancePlan): string
  /** Whom it may send to. Who is only sent to need not name the other. */
  peers(gateway: GatewayPlan, instance: InstancePlan): readonly string[]
  /** Default: 1024 messages, then the newest are dropped. */
  readonly mailbox?: MailboxOptions
  /** What it does goes before everything ordinary on the host, unless the configuration says otherwise. */
  readonly realtime?: true
  /** When it stops: 1 first; those of one number together. */
  readonly stop: number
  /** Goes by other options only when all others do: what it calls clients to is there by then. */
  readonly configuredLast?: true
  /** Where it needs longer than the others. */
  readonly stopPatienceMs?: number
  /** Its control has `describe()`: it is asked for the status, which shows its warnings. */
  readonly describes?: true
  /** It is given every event of every actor. */
  readonly observes?: true
  /** Whose control it may call. */
  controls?(gateway: GatewayPlan): readonly string[]
  options(gateway: GatewayPlan, instance: InstancePlan): Options
  /** Imports that actor and its ports only: each thread pays for what it imports. `gateway` is there on the main thread. */
  load(gateway?: GatewayPlan): Promise<StartWith<Options>>
}

export type ActorTable = ActorLoaders & Readonly<Record<string, ActorRow>>

/** A row, with its options checked against what the actor takes; after that it is only ever started by the options that it gives. */
export const row = <Options>(checked: ActorRow<Options>): ActorRow => checked as unknown as ActorRow

/** Gives a start function its ports; what it makes of messages is typed by the actor. */
export function withPorts<Context extends ActorContext, Options, Ports, Takes>(
  start: (context: Context, options: Options, ports: Ports) => ActorInstance<Takes> | Promise<ActorInstance<Takes>>,
  ports: () => Ports,
): StartWith<Options> {
  return (context, options) => start(context as Context, options, ports()) as ActorInstance<unknown>
}

/** The same for an actor on a shared thread: its ports, whichever are open, are closed when it has crashed. */
export function withClosedPorts<Context extends ActorContext, Options, Ports extends object, Takes>(
  start: (context: Context, options: Options, ports: Ports) => ActorInstance<Takes> | Promise<ActorInstance<Takes>>,
  open: () => Ports,
): StartWith<Options> {
  return async (context, options) => {
    const ports = open()
    const release = (): void => {
      for (const port of Object.values(ports) as readonly ClosedPort[]) port.close?.()
    }
    try {
      const instance = (await start(context as Context, options, ports)) as ActorInstance<unknown>
      return Object.assign(instance, { release })
    } catch (error) {
      release()
      throw error
    }
  }
}

/** What has a `close` can be closed twice, and calls nobody back after it. */
interface ClosedPort {
  close?(): void
}

/** The actors of the table that are in this gateway, by their rows' names. */
export function namesIn(table: ActorTable, gateway: GatewayPlan): ReadonlyMap<string, readonly string[]> {
  const present = Object.entries(table).filter(([, { mode }]) => mode === undefined || mode === gateway.forwarding)
  return new Map(
    present.map(([name, { nameOf }]) => [name, nameOf === undefined ? [name] : gateway.instances.map(nameOf)]),
  )
}

export function plansOf(table: ActorTable, gateway: GatewayPlan): readonly ActorPlan[] {
  return [...namesIn(table, gateway)].flatMap(([runs, names]) =>
    names.map((name, index) => planOf(name, runs, table[runs]!, gateway, gateway.instances[index]!)),
  )
}

function planOf(name: string, runs: string, actor: ActorRow, gateway: GatewayPlan, instance: InstancePlan): ActorPlan {
  const { thread, mailbox = MAILBOX, realtime = false, stopPatienceMs, observes = false } = actor
  return {
    name,
    runs,
    placement: thread === 'main' ? 'main' : 'worker',
    ...(thread === 'shared' ? { sharedThread: SHARED_THREAD } : {}),
    peers: actor.peers(gateway, instance),
    mailbox,
    controls: actor.controls?.(gateway) ?? [],
    observes,
    options: actor.options(gateway, instance),
    restart: RESTART,
    realtime: realtime && gateway.config.realtime === 'auto',
    ...(stopPatienceMs === undefined ? {} : { stopPatienceMs }),
    ...(thread === 'main' ? { start: async (context, options) => (await actor.load(gateway))(context, options) } : {}),
  }
}

/** Names of the actors that go by other options when all others do. */
export function configuredLastOf(table: ActorTable, gateway: GatewayPlan): ReadonlySet<string> {
  return new Set([...namesIn(table, gateway)].flatMap(([row, names]) => (table[row]!.configuredLast ? names : [])))
}

export function stopOrderOf(table: ActorTable, gateway: GatewayPlan): StopOrder {
  const byTurn = new Map<number, readonly string[]>()
  for (const [row, names] of namesIn(table, gateway)) {
    const { stop } = table[row]!
    byTurn.set(stop, [...(byTurn.get(stop) ?? []), ...names])
  }
  return [...byTurn].toSorted(([one], [other]) => one - other).map(([, names]) => names)
}
