/**
 * What a simulated node says: all that a real one does in a group where nothing is amiss. It answers each hello by a report, drains when it is
 * ordered to, and says who has to stay with it (nobody) when slots have moved. Pure.
 */

import type { BeaconMark } from '../../../runtime/wire/beacon/audience.ts'
import {
  BEACON_BROADCAST,
  type BeaconFragment,
  type BeaconSender,
  openBeacon,
  sealBeacon,
} from '../../../runtime/wire/beacon/beacon.ts'
import { type BeaconBody, packBeaconBody, parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'
import { type PartialBody, reassemble } from '../../../runtime/wire/beacon/reassembly.ts'
import { BEACON_VERSIONS } from '../../../runtime/wire/beacon/versions.ts'
import type { Mode } from '../../group/network.ts'
import type { MemberPlan } from '../network.ts'

/** What the group goes by. */
export interface GroupTerms {
  readonly mode: Mode
  readonly key: string
  readonly virtualRouterId: number
}

/** A beacon to be sent by a member. */
export interface Saying {
  readonly member: number
  readonly destination: string
  readonly payload: Uint8Array
}

interface Member extends MemberPlan {
  sequence: number
  draining: boolean
}

/** What was heard of a director. */
interface Leader {
  readonly mark: BeaconMark
  readonly settingsDigest: string
}

/** The last director that was heard is not forgotten: what it is told then is lost. */
export class Swarm {
  readonly #terms: GroupTerms
  readonly #members: readonly Member[]
  readonly #epochs: readonly string[]
  readonly #partial = new Map<string, PartialBody>()
  readonly #leaders = new Map<string, Leader>()
  #generation = 0

  /** `epochs`: of this start, one for each. */
  constructor(terms: GroupTerms, plans: readonly MemberPlan[], epochs: readonly string[]) {
    this.#terms = terms
    this.#members = plans.map((plan) => ({ ...plan, sequence: 0, draining: false }))
    this.#epochs = epochs
  }

  /** What a member has received: a packet of protocol 253. What is for all is heard by the first one for everybody. */
  hear(member: number, source: string, destination: string, payload: Uint8Array): readonly Saying[] {
    if (destination === BEACON_BROADCAST && member > 0) return []
    const opened = openBeacon(payload, this.#terms.virtualRouterId, [this.#terms.key])
    if (!opened.ok || this.#members.some(({ address }) => address === source)) return []
    const { fragment } = opened
    const body = this.#wholeBody(`${source} ${destination}`, fragment)
    const hearers = destination === BEACON_BROADCAST ? this.#members.keys() : [member]
    return body === undefined ? [] : [...hearers].flatMap((index) => this.#answer(index, source, fragment, body))
  }

  /** In kernel mode a node names who is to stay with it; nobody is. To be sent when slots have moved, and a second after that. */
  sayClients(): readonly Saying[] {
    if (this.#terms.mode === 'workers') return []
    const body = { type: 'clients', all: false, generation: this.#generation, clients: [] } as const
    return [...this.#members.keys()].flatMap((index) => this.#say(index, BEACON_BROADCAST, body, this.#leaders))
  }

  get generation(): number {
    return this.#generation
  }

  #wholeBody(from: string, fragment: BeaconFragment): BeaconBody | undefined {
    const put = reassemble(this.#partial.get(from) ?? null, fragment)
    if (put.kind === 'partial') this.#partial.set(from, put.partial)
    else this.#partial.delete(from)
    return put.kind === 'whole' ? parseBeaconBody(fragment.type, put.body) : undefined
  }

  #answer(index: number, source: string, { epoch, sequence }: BeaconFragment, body: BeaconBody): readonly Saying[] {
    switch (body.type) {
      case 'hello':
        this.#leaders.set(source, { mark: { epoch, sequence }, settingsDigest: body.settingsDigest })
        return body.leaving ? [] : this.#report(index, source)
      case 'assignment':
        this.#generation = body.generation
        return []
      case 'order': {
        const member = this.#members[index]!
        if (body.node !== member.address) return []
        member.draining = body.draining
        return [...this.#leaders.keys()].flatMap((leader) => this.#report(index, leader))
      }
      default:
        return []
    }
  }

  #report(index: number, leader: string): readonly Saying[] {
    const { settingsDigest = '0'.repeat(16), mark } = this.#leaders.get(leader) ?? {}
    if (mark === undefined) return []
    const generation = this.#generation
    const node = this.#nodeOf(this.#members[index]!)
    const report = {
      type: 'report',
      generation,
      leaving: false,
      settingsDigest,
      settings: {},
      node,
      missed: [],
    } as const
    return this.#say(index, leader, report, new Map([[leader, { mark }]]))
  }

  #say(
    index: number,
    destination: string,
    body: BeaconBody,
    to: ReadonlyMap<string, Pick<Leader, 'mark'>>,
  ): readonly Saying[] {
    const member = this.#members[index]!
    const { key, virtualRouterId } = this.#terms
    const sender: BeaconSender = {
      address: member.address,
      virtualRouterId,
      epoch: this.#epochs[index]!,
      key,
      version: BEACON_VERSIONS.newest,
    }
    const audience = new Map([...to].map(([address, { mark }]) => [address, mark]))
    const packets = sealBeacon(body.type, packBeaconBody(body), member.sequence + 1, sender, { destination, audience })
    member.sequence += packets.length
    return packets.map((payload) => ({ member: index, destination, payload }))
  }

  #nodeOf({ name, mac, priority, draining }: Member): BeaconNode {
    const { mode, virtualRouterId } = this.#terms
    return {
      name,
      mac,
      monitor: 'ok',
      draining,
      cpu: 0.05,
      memory: 0.2,
      pressure: 0,
      activeConnections: 0,
      capacity: 100,
      agent: null,
      failedPorts: [],
      forwarding: mode,
      drained: draining,
      maint: 'off',
      priorities: new Map([[virtualRouterId, priority]]),
      reads: BEACON_VERSIONS.newest,
      // In workers mode directors count what they hand on.
      traffic: mode === 'kernel' ? { connections: 0, failed: 0, bytesIn: 0, bytesOut: 0 } : null,
    }
  }
}
