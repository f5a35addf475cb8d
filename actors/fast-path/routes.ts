import type { Nft } from '../../runtime/ports/nft.ts'
import { formatClientKey, parseClientKey, slotOfKey } from '../../runtime/table/client-key.ts'
import type { ClientRoute } from '../dispatcher/messages.ts'
import { PINS, UNPINNED } from './forwarding-names.ts'
import { FORWARDING } from './forwarding-table.ts'
import type { FastPathControl, FastPathStatus, ForwardingMessage, NodeCounters, PinCount } from './messages.ts'
import type { Pin } from './ruleset-types.ts'
import type { FastPathState } from './state.ts'
import { readPins, readTraffic } from './tables.ts'

/** What the fast path answers. The kernel's counters and pins are read when somebody asks, never by the clock. */
export function createFastPathControl(nft: Nft, state: () => FastPathState): FastPathControl {
  return {
    describe: async () => describe(state(), await readNodes(nft, state().group), nft),
    which: async (client) => {
      const key = parseClientKey(client)
      if (key === undefined) throw new RangeError(`'${client}' is not an IP address.`)
      const text = formatClientKey(key)
      const pins = await readPins(nft)
      return routeOf(
        state(),
        text,
        pins.find((pin) => pin.client === text),
      )
    },
    clients: async (limit) => (await readPins(nft)).slice(0, limit).map((pin) => routeOf(state(), pin.client, pin)),
  }
}

async function readNodes(nft: Nft, group: ForwardingMessage | null): Promise<readonly NodeCounters[]> {
  const addresses = new Map(group?.nodes.map(({ mark, address }) => [mark, address]))
  // A status without them is better than none.
  const traffic = await readTraffic(nft).catch(() => [])
  return traffic.flatMap(({ mark, packets, bytes }) => {
    const address = addresses.get(mark)
    return address === undefined ? [] : [{ address, packets, bytes }]
  })
}

function describe(state: FastPathState, nodes: readonly NodeCounters[], nft: Nft): FastPathStatus {
  const { applied, problems, counters, settings } = state
  const behind = problems.has('apply') ? 'behind' : 'applied'
  const unpinned = nft.packetCount(FORWARDING.family, FORWARDING.name, UNPINNED)
  const pins = [countPins(nft, 4, settings.tableSize), countPins(nft, 6, settings.tableSize)]
  return {
    state: applied === null ? 'waiting' : behind,
    nodes,
    pins,
    unpinnedPackets: unpinned.ok ? unpinned.value : null,
    counters,
    warnings: [...problems.values(), ...pins.flatMap(warningOfFull)],
  }
}

function countPins(nft: Nft, family: 4 | 6, most: number): PinCount {
  const count = nft.elementCount(FORWARDING.family, FORWARDING.name, PINS[family])
  return { family: `IPv${family}`, count: count.ok ? count.value : null, most }
}

function warningOfFull({ family, count, most }: PinCount): readonly string[] {
  if (count === null || count < most) return []
  return [`${most} clients of ${family} are remembered, as many as clients.tableSize allows: others go by their slots`]
}

/** As the ruleset decides: by the pin, where its node gets traffic, else by the slot. */
function routeOf({ group, settings }: FastPathState, client: string, pin: Pin | undefined): ClientRoute {
  const nodes = new Map(group?.nodes.filter(({ eligible }) => eligible).map(({ mark, address }) => [mark, address]))
  const slot = slotOfKey(...(parseClientKey(client) ?? ([0, 0, 0, 0] as const)))
  const pinned = pin && nodes.get(pin.mark)
  const { expiresS = settings.pinTimeoutS } = pin ?? {}
  return {
    client,
    slot,
    node: pinned ?? nodes.get(group?.slots[slot] ?? 0) ?? null,
    reason: pinned === undefined ? 'slot' : 'pin',
    // Only its node sees the connections.
    activeConnections: 0,
    // The kernel keeps neither.
    sinceMs: null,
    idleS: pin === undefined ? null : Math.max(0, settings.pinTimeoutS - expiresS),
  }
}
