import { isIP } from 'node:net'
import type { ActorContext } from '../../runtime/actor-system/actor.ts'
import { MAX_TIED } from '../../runtime/wire/group-bounds.ts'
import { canonicalAddress } from '../../runtime/wire/ip-address-bytes.ts'
import type { DispatcherControl, TieRefusal } from '../dispatcher/messages.ts'
import { askerOf } from './asking.ts'
import { type Answer, failure, json } from './http/server.ts'
import type { GatewayStatus, InspectorPeers, NodeStatus } from './messages.ts'
import { planPresent } from './orders.ts'
import type { Gathered, SliceGatherer } from './slices.ts'

/** What they go by. */
interface TieSources {
  readonly context: ActorContext<InspectorPeers>
  readonly gatherer: SliceGatherer
  statusOf(gathered: Gathered): GatewayStatus
}

/** Ties clients to nodes by an operator's order, takes that back, and lists them. */
export class TieRoutes {
  readonly #sources: TieSources
  readonly #ask: ReturnType<typeof askerOf>

  constructor(sources: TieSources) {
    this.#sources = sources
    this.#ask = askerOf(sources.context)
  }

  async assign(query: URLSearchParams): Promise<Answer> {
    const client = clientOf(query)
    if (client === undefined) return failure(400, NO_CLIENT)
    const status = await this.#status()
    const plan = planPresent(status, query.get('node') ?? '')
    return plan.ok ? this.#order(status, client, plan.node) : failure(409, plan.reason)
  }

  async unassign(query: URLSearchParams): Promise<Answer> {
    const client = clientOf(query)
    return client === undefined ? failure(400, NO_CLIENT) : this.#order(await this.#status(), client, null)
  }

  /** `[{client, node, name}]`; `name` null where the node is not known here. */
  async list(): Promise<Answer> {
    const { nodes } = await this.#status()
    return this.#ask<DispatcherControl>('dispatcher', async (dispatcher) => {
      const ties = await dispatcher.ties()
      const nameOf = (node: string) => nodes.find(({ address }) => address === node)?.name ?? null
      return json(
        200,
        ties.map(({ client, node }) => ({ client, node, name: nameOf(node) })),
      )
    })
  }

  async #status(): Promise<GatewayStatus> {
    return this.#sources.statusOf(await this.#sources.gatherer.gather())
  }

  #order(status: GatewayStatus, client: string, node: NodeStatus | null): Promise<Answer> {
    return this.#ask<DispatcherControl>('dispatcher', async (dispatcher) => {
      const refusal = await dispatcher.tie(client, node?.address ?? null)
      if (refusal !== null) return failure(409, refusalText(refusal, client, status))
      return json(200, { ok: true, client, node: node?.address ?? null, name: node?.name ?? null })
    })
  }
}

const NO_CLIENT = 'client must be an IP address, without a zone: client=10.0.0.7'

function clientOf(query: URLSearchParams): string | undefined {
  const text = query.get('client') ?? ''
  return isIP(text) === 0 || text.includes('%') ? undefined : canonicalAddress(text)
}

function refusalText(refusal: TieRefusal, client: string, { nodes }: GatewayStatus): string {
  switch (refusal) {
    case 'full':
      return `${MAX_TIED} clients are assigned to nodes already: take another back first`
    case 'notTied':
      return `${client} is not assigned to any node`
    case 'notAssigning': {
      const directors = nodes.filter(({ director, self }) => director && !self)
      const named = directors.map(({ name, address }) => `${name} (${address})`).join(', ')
      return `the director decides where clients go: order it there${named === '' ? '' : `, at ${named}`}`
    }
    default:
      return refusal satisfies never
  }
}
