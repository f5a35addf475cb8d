/** Every kind of fault. */
import type { Fault } from '../fault.ts'
import { cableFaults } from './cables.ts'
import { actorFaults, gatewayFaults } from './gateways.ts'
import { hostFaults } from './hosts.ts'
import { interfaceFaults } from './interfaces.ts'
import { operatorFaults } from './operators.ts'
import { proxyFaults } from './proxies.ts'
import { strangerFaults } from './strangers.ts'

export const faults: readonly Fault[] = [
  ...gatewayFaults,
  ...actorFaults,
  ...cableFaults,
  ...interfaceFaults,
  ...hostFaults,
  ...proxyFaults,
  ...strangerFaults,
  ...operatorFaults,
]
