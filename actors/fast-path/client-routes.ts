import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { Nft } from '../../runtime/ports/nft/nft.ts'
import { formatClientKey, parseClientKey, slotOfKey } from '../../runtime/table/client-key.ts'
import { CLIENTS_TOLD_MAX, type ClientRoute } from '../dispatcher/messages.ts'
import type { Holders } from './holders.ts'
import { readFigures } from './kernel/figures.ts'
import { KeptPins } from './kernel/kept-pins.ts'
import { readPin } from './kernel/tables.ts'
import type { FastPathControl, FastPathStatus, NodeCounters, PinCount } from './messages.ts'
import { PINS, UNPINNED } from './ruleset/forwarding-names.ts'
import { FORWARDING } from './ruleset/forwarding-table.ts'
import type { Pin } from './ruleset/ruleset-types.ts'
import type { FastPathState } from './state.ts'

/** What the answers are made of. */
export interface FastPathSources {
  readonly nft: Nft
  readonly state: () => FastPathState
  readonly clock: Clock
  readonly holders: Holders
}

/** What the fast path answers. Pins are read when somebody asks; the counters, three short maps, also once a second. */
export function createFastPathControl({ nft, state, clock, holders }: FastPathSources): FastPathControl {
  const kept = new KeptPins(nft, clock)
  const routeOf = (client: string, pin: Pin | undefined) => routed(state(), holders, client, pin, clock.nowMs())
  return {
    describe: async () => describe(state(), await readFigures(nft, state()), holders, nft),
    which: async (client) => {
      const key = parseClientKey(client)
      if (key === undefined) throw new RangeError(`'${client}' is not an IP address.`)
      const text = formatClientKey(key)
      return routeOf(text, readPin(nft, text))
    },
    clients: async (from, skip, take) => {
      const pins = await kept.read(() => holders.clients())
      if (pins === undefined) return { routes: [], seen: 0, next: from }
      const begin = from + skip
      const wanted = pins.slice(begin, begin + Math.min(take, CLIENTS_TOLD_MAX))
      const next = take === 0 ? pins.length : Math.min(pins.length, begin + wanted.length)
      const routes = wanted.map((pin) => routeOf(pin.client, pin.mark === 0 ? undefined : pin))
      if (next < pins.length) return { routes, seen: Math.max(0, next - from), next }
      return { routes, seen: Math.max(0, next - from) + pins.beyond, next: null }
    },
  }
}

function describe(state: FastPathState, nodes: readonly NodeCounters[], holders: Holders, nft: Nft): FastPathStatus {
  const { applied, problems, counters, settings } = state
  const behind = problems.has('apply') ? 'behind' : 'applied'
  const unpinned = nft.counter(FORWARDING.family, FORWARDING.name, UNPINNED)
  const pins = [countPins(nft, 4, settings.tableSize), countPins(nft, 6, settings.tableSize)]
  return {
    state: applied === null ? 'waiting' : behind,
    nodes,
    pins,
    unpinnedPackets: unpinned.ok ? unpinned.value.packets : null,
    holders: holders.heaviest(speaking(state)),
    counters,
    warnings: [...problems.values(), ...pins.flatMap(warningOfFull)],
  }
}

function countPins(nft: Nft, family: 4 | 6, most: number): PinCount {
  const count = nft.elementCount(FORWARDING.family, FORWARDING.name, PINS[family])
  return { family: `IPv${family}`, count: count.ok ? count.value : null, most }
}

function warningOfFull({ family, count, most }: PinCount): readonly Warning[] {
  if (count === null || count < most) return []
  const text = `${most} clients of ${family} are remembered, as many as clients.tableSize allows: others go by their slots`
  return [warning('clients-full', family, text)]
}

/** Nodes whose word of their clients is of now. */
const speaking = ({ group }: FastPathState): readonly string[] =>
  (group?.nodes ?? []).flatMap(({ address, self, speaks }) => (self || speaks ? [address] : []))

/**
 * As the ruleset decides: by the node that it is tied to, by the pin, where its node gets traffic, else by the slot. A client that is remembered without a connection at the
 * owner of its slot is there by its slot; one that has connections there is not, also where they are known one by one, without a pin.
 */
function routed(
  state: FastPathState,
  holders: Holders,
  client: string,
  pin: Pin | undefined,
  nowMs: number,
): ClientRoute {
  const { group, settings } = state
  const nodes = new Map(group?.nodes.filter(({ takesNew }) => takesNew).map(({ mark, address }) => [mark, address]))
  const slot = slotOfKey(...(parseClientKey(client) ?? ([0, 0, 0, 0] as const)))
  const pinned = pin && nodes.get(pin.mark)
  const owner = nodes.get(group?.slots[slot] ?? 0)
  const tied = nodes.get(group?.tied.find((one) => one.client === client)?.mark ?? 0)
  const { expiresS = settings.pinTimeoutS } = pin ?? {}
  const idleS = pin === undefined ? null : Math.max(0, settings.pinTimeoutS - expiresS)
  const at = group?.nodes.find(({ mark }) => mark === pin?.mark)?.address ?? owner
  const others = speaking(state).filter((address) => address !== at)
  const asked = at === undefined ? others : [at, ...others]
  const idleMs = idleS === null ? null : idleS * 1000
  const activeConnections = holders.connectionsOf(client, asked, idleMs, nowMs)
  const atOwner = owner === undefined ? 0 : (holders.connectionsOf(client, [owner], idleMs, nowMs) ?? 0)
  const isBySlot = pinned === undefined ? atOwner === 0 : pinned === owner && activeConnections === 0
  return {
    client,
    slot,
    node: tied ?? pinned ?? owner ?? null,
    reason: tied !== undefined ? 'tied' : isBySlot ? 'slot' : 'pin',
    activeConnections,
    // The kernel does not keep it.
    sinceMs: null,
    idleS,
  }
}
