import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { groupPlan, keepalivedConf, keepalivedPlan } from '../../../loadtest/failover/configurations.ts'
import { first } from '../../../loadtest/failover/network.ts'
import { paces } from '../../../loadtest/failover/plan.ts'
import { gatewayYaml } from '../../../runtime/lab/testbed/gateway.ts'

it.each(paces)('both daemons get the same election at $name', (pace) => {
  const ours = parse(gatewayYaml(first, groupPlan(pace, 'workers'), '/run/control.sock'))
  const theirs = keepalivedConf(keepalivedPlan(pace, first))
  expect(theirs).toContain(`vrrp_version ${ours.vrrp.version}\n`)
  expect(theirs).toContain(`advert_int ${Number.parseInt(ours.vrrp.advertInterval, 10) / 1000}\n`)
  expect(theirs).toContain(`priority ${ours.directorPriority}\n`)
  expect(theirs).toContain(`virtual_router_id ${ours.virtualRouterId}\n`)
  expect(theirs).toContain(`    ${ours.virtualIps[0]}\n`)
})
