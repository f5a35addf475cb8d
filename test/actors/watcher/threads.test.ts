import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ElectorControl } from '../../../actors/elector/messages.ts'
import type { RemoteControl } from '../../../runtime/actor-system/actor.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { LiveSystem, livePlan } from '../../runtime/actor-system/fixtures/live-system.ts'
import { settings } from '../announcer/bench.ts'
import { v3 } from '../elector/bench.ts'
import type { HoldControl, KernelControl } from './fixtures/threads.ts'

const VIP = '10.0.0.5'
const STRANGER = '02:00:00:00:00:66'
const interfaceName = 'eth0'

let live: LiveSystem
let kernel: RemoteControl<KernelControl>
let elector: RemoteControl<ElectorControl>

beforeEach(async () => {
  const watcher = {
    interfaceName,
    managementIp: '10.0.0.1',
    virtualIps: [VIP],
    advertBytes: 48,
    virtualRouterIds: [51],
    trackGateway: false,
    electors: ['elector'],
    ipv6Electors: [],
    isManagementIpNamed: true,
    announcers: ['announcer'],
  }
  const virtualIps = [{ address: VIP, prefixLength: 24 }]
  // Nobody makes it master here: the test is about what it is told.
  const elected = {
    ...v3,
    announcer: 'announcer',
    primaryAddress: '10.0.0.1',
    virtualIps: [VIP],
    advertIntervalCs: 4095,
  }
  live = new LiveSystem(
    [
      livePlan('elector', { options: elected, peers: ['announcer', 'watcher'] }),
      livePlan('announcer', {
        options: { elector: 'elector', ...settings, interfaceName, virtualIps },
        peers: ['elector'],
      }),
      livePlan('watcher', { options: watcher, peers: ['elector', 'announcer'] }),
    ],
    { compositionUrl: new URL('./fixtures/threads.ts', import.meta.url) },
  )
  await live.system.start()
  kernel = await live.control<KernelControl>('watcher')
  elector = await live.control<ElectorControl>('elector')
})
afterEach(() => live.system.stop(['elector', 'announcer', 'watcher'], 2000))

const stateIs = (state: string) => live.until(async () => (await elector.describe()).state === state)
const pull = async (up: boolean) => {
  await kernel.setUp(up)
  await kernel.say({ type: 'link', interfaceIndex: 1, interfaceName })
}

test('a cable that is pulled is a FAULT on the elector’s thread, and BACKUP when it is back', async () => {
  await stateIs('BACKUP')
  await pull(false)
  await stateIs('FAULT')
  await pull(true)
  await stateIs('BACKUP')
})

test('a watcher that crashes is replaced, and tells anew what it sees', async () => {
  await live.until(async () => (await elector.describe()).tracking.length > 0)
  await pull(false)
  await stateIs('FAULT')
  // Its successor has a kernel of its own, in which the cable is not pulled.
  live.system.crash('watcher')
  await stateIs('BACKUP')
})

test('who answers for a virtual IP is known to the announcer before it is to hold it', async () => {
  const announcer = await live.control<HoldControl>('announcer')
  const answer = { type: 'neighbour', form: 'reply', senderAddress: VIP, senderMac: STRANGER } as const
  const refusal = `${VIP} is held by ${STRANGER}, which is no VRRP master: not adding it`
  await live.until(async () => {
    // To each probe; three in a row are certain.
    await kernel.say({ ...answer, targetMac: '02:00:00:00:00:01' })
    return textsOf((await announcer.takeOver()).warnings).includes(refusal)
  })
  expect((await announcer.takeOver()).virtualIps).toEqual([{ address: VIP, held: false }])
})
