import type { GatewayConfig } from '../../../config/gateway-config.ts'
import { LostLines } from '../../../runtime/actor-system/inspection/lost-lines.ts'
import { type GatewayPlan, planGateway } from '../../../runtime/gateway/gateway-plan.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'

/** The plan of a gateway on a host of which nothing matters. */
export function gatewayPlan(forwarding: 'kernel' | 'workers', config: GatewayConfig): GatewayPlan {
  const table = ConnectionTable.create({ clients: 64, forwarders: 1, connectionsPerForwarder: 64 })
  const place = {
    mac: '02:00:00:00:00:01',
    takenPorts: new Set<number>(),
    table,
    forwarding,
    stateFolder: null,
    startWarnings: [],
    fenced: false,
    plannedAtMs: 0,
    lostLines: new LostLines().shared,
  }
  return planGateway(config, place, undefined)
}
