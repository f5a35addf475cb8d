import { isDeepStrictEqual } from 'node:util'
import type { ConnectionTable } from '../../runtime/table/connection-table.ts'
import { MAX_NODES } from '../../runtime/table/layout.ts'
import type { TrafficMessage } from '../discovery/messages.ts'

/** What this host's forwarders have handed on to each node of the table, since the gateway started: told where it has changed. */
export class HandedTraffic {
  readonly #table: ConnectionTable
  #told: TrafficMessage['counted'] = []

  constructor(table: ConnectionTable) {
    this.#table = table
  }

  /** Undefined where it is as it was at the last call. */
  news(): TrafficMessage['counted'] | undefined {
    const counted = Array.from({ length: MAX_NODES }, (_, index) => this.#table.node(index)).flatMap((row) => {
      if (row === undefined) return []
      const { address, totalConnections: connections, failedConnections: failed, bytesToNode, bytesToClient } = row
      return [{ address, connections, failed, bytesIn: bytesToNode, bytesOut: bytesToClient }]
    })
    if (isDeepStrictEqual(counted, this.#told)) return undefined
    this.#told = counted
    return counted
  }

  /** Who was told knows nothing any more. */
  forgetTold(): void {
    this.#told = []
  }
}
