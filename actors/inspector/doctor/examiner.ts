import type { ActorContext } from '../../../runtime/actor-system/actor.ts'
import type { ClientRoute, DispatcherControl } from '../../dispatcher/messages.ts'
import { readClients } from '../client-pages.ts'
import type { DoctorReport, GatewayStatus, InspectorPeers } from '../messages.ts'
import { callControl, type Gathered } from '../slices.ts'
import { assembleDiagnostics, type GatewayIdentity } from '../status.ts'
import type { ToldWarning } from '../warnings.ts'
import { Doctor } from './doctor.ts'
import { KnownClients } from './known-clients.ts'

/** What is examined. */
export interface ExaminedSources {
  readonly context: ActorContext<InspectorPeers>
  /** As configured now. */
  identity(): GatewayIdentity
  /** `all`: with every node that is known, whoever leads. */
  statusOf(gathered: Gathered, all: boolean): GatewayStatus
  warningsIn(gathered: Gathered): readonly ToldWarning[]
}

/** Enough to see who has most of the connections, and quickly told. */
const ANY_CLIENTS = { offset: 0, limit: 10_000, node: null, order: null }
const LISTING_MS = 15_000
/** How old a listing of the clients may be for somebody who asks, and for the rounds. */
const ASKED_MAX_AGE_MS = 10_000
const ROUNDS_MAX_AGE_MS = 60_000

/** The doctor, and what it looks at. */
export class Examiner {
  readonly #sources: ExaminedSources
  readonly #doctor = new Doctor()
  readonly #clients: KnownClients

  constructor(sources: ExaminedSources) {
    this.#sources = sources
    this.#clients = new KnownClients(() => this.#list(), sources.context.clock, ASKED_MAX_AGE_MS)
  }

  /** By what is known of the clients. */
  examine(gathered: Gathered): DoctorReport {
    const { context, identity, statusOf, warningsIn } = this.#sources
    const observed = {
      status: statusOf(gathered, true),
      warnings: warningsIn(gathered),
      diagnostics: assembleDiagnostics(identity(), gathered, process.pid),
      clients: this.#clients.listed,
    }
    return this.#doctor.examine(observed, context.clock.wallMs())
  }

  /** For somebody who asks. */
  async report(gathered: Gathered): Promise<DoctorReport> {
    await this.#clients.refresh(ASKED_MAX_AGE_MS)
    return this.examine(gathered)
  }

  /** By the clock, so that it is known since when something is so. */
  look(gathered: Gathered): DoctorReport {
    void this.#clients.refresh(ROUNDS_MAX_AGE_MS)
    return this.examine(gathered)
  }

  /** In kernel mode the nodes say who has most connections, and a listing of all clients costs the kernel much. */
  async #list(): Promise<readonly ClientRoute[]> {
    const { context, identity } = this.#sources
    if (identity().forwarding === 'kernel') return []
    const { routes } = await callControl<Pick<DispatcherControl, 'clients'>, Awaited<ReturnType<typeof readClients>>>(
      context,
      'dispatcher',
      (dispatcher) => readClients((...part) => dispatcher.clients(...part), ANY_CLIENTS),
      LISTING_MS,
    )
    return routes
  }
}
