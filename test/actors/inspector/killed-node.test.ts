/** A node of kernel mode is killed: what each survivor's inspector says of it, by the simulated clock of a group. */

import { afterEach, describe, expect, test } from 'vitest'
import { describeDiscovery } from '../../../actors/discovery/machine.ts'
import type { DoctorReport, ToldStatus } from '../../../actors/inspector/messages.ts'
import { emptyHistogram } from '../../../runtime/actor-system/inspection/histogram.ts'
import { type SimulatedGroup, settledGroup } from '../discovery/simulated-group.ts'
import { ask, askJson, InspectedGateway } from './gateway-fixture.ts'

const [DIRECTOR, SCANNING, DEAD] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
let group: SimulatedGroup
const gateways = new Map([DIRECTOR, SCANNING].map((address) => [address, new InspectedGateway()] as const))

/** The inspector of a node, beside the discovery of that node in the group. */
async function start(address: string, gateway: InspectedGateway): Promise<void> {
  const elected =
    address === DIRECTOR
      ? { role: 'director', state: 'MASTER', masterIp: address }
      : { role: 'scanning', state: 'BACKUP', masterIp: DIRECTOR }
  const { elector } = gateway.controls
  gateway.controls.elector = { describe: async () => ({ ...((await elector!.describe!()) as object), ...elected }) }
  gateway.controls.discovery = {
    describe: async () => {
      const told = describeDiscovery(group.node(address).discovery, group.nowMs, gateway.clock.wallMs())
      return { ...told, members: told.members.map((member) => ({ ...member, forwarding: 'kernel' })) }
    },
  }
  const fastPath = {
    state: 'applied',
    nodes: [],
    pins: [],
    unpinnedPackets: 0,
    holders: null,
    counters: {},
    warnings: [],
  }
  const dispatched = { generation: 1, nodes: [], connects: emptyHistogram, warnings: [] }
  gateway.controls.dispatcher = { describe: async () => dispatched }
  gateway.controls['fast-path'] = { describe: async () => fastPath }
  await gateway.start({ managementIp: address, forwarding: 'kernel' })
}

/** What is said on a node: the verdict, the codes of what is to be mended, and the metrics of it. */
async function said(gateway: InspectedGateway) {
  const status = (await askJson(gateway.socketPath, '/status?all=1')) as ToldStatus
  const { findings } = (await askJson(gateway.socketPath, '/doctor')) as DoctorReport
  const { body } = await ask(gateway.socketPath, '/metrics')
  return {
    verdict: status.verdict.text,
    missing: status.nodes.filter(({ missing }) => missing).map(({ address }) => address),
    warned: status.warnings.filter((text) => text.includes('is missing since')).length,
    found: findings.filter(({ about }) => about === DEAD).map(({ code, level }) => [code, level]),
    metrics: body.match(/^proxyha_(?:warnings\{code="node-stale"\}|nodes\{state="stale"\}) \d+$/gm),
  }
}

const pass = (ms: number): void => {
  group.run(ms)
  for (const gateway of gateways.values()) gateway.clock.advance(ms)
}

/** All are settled, and beacons come so often. */
async function begin(intervalMs: number): Promise<void> {
  group = settledGroup([DIRECTOR, SCANNING, DEAD], { insecure: true, intervalMs })
  group.run(5 * intervalMs)
  for (const [address, gateway] of gateways) await start(address, gateway)
}

afterEach(async () => {
  for (const gateway of gateways.values()) await gateway.stop()
})

describe('a node that is killed', () => {
  test.each([
    { intervalMs: 1000, ages: [5000, 75_000], told: ['5 s', '1 min'] },
    // An hour of beacons that come rarely, as each takes its time to simulate.
    { intervalMs: 20_000, ages: [3_600_000], told: ['1 h'] },
  ])('is told of by every survivor after $told, until it is forgotten', async ({ intervalMs, ages, told }) => {
    await begin(intervalMs)
    group.kill(DEAD)
    let passedMs = 0
    for (const [index, ageMs] of ages.entries()) {
      pass(ageMs - passedMs)
      passedMs = ageMs
      for (const gateway of gateways.values()) {
        expect(await said(gateway)).toEqual({
          verdict: expect.stringMatching(
            new RegExp(`^warning: \\S+ is missing for ${told[index]}; \\S+ leads, 2 of 3 nodes serve$`),
          ),
          missing: [DEAD],
          warned: 1,
          found: [['node-stale', 'warning']],
          metrics: ['proxyha_warnings{code="node-stale"} 1', 'proxyha_nodes{state="stale"} 1'],
        })
      }
    }
    group.tell(DIRECTOR, { type: 'forgetOrder', address: DEAD })
    pass(5 * intervalMs)
    for (const gateway of gateways.values()) {
      expect(await said(gateway)).toMatchObject({
        verdict: expect.stringMatching(/^ok: \S+ leads, 2 of 2 nodes serve$/),
        missing: [],
        warned: 0,
        found: [],
        metrics: ['proxyha_warnings{code="node-stale"} 0', 'proxyha_nodes{state="stale"} 0'],
      })
    }
  })
})
