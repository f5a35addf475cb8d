import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { loadedStaying } from '../../../actors/fast-path/ruleset/forwarding-table.ts'
import { changeOf, fullRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Pin, Ruleset } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces, type RunningProgram } from '../../namespaces.ts'
import { tcpFrame } from './frames.ts'
import { apply, KernelGroup, listed, VIP } from './kernel-group.ts'
import { slotsOf } from './rulesets.ts'

const TABLE_SIZE = 65_536
const ACK = 16
const [pinned, beyond, told, newcomer] = ['10.77.0.101', '10.77.0.102', '10.77.0.103', '10.77.0.104'] as const

/** Clients that stay with node 2, all but one of them far away. */
const manyPins: readonly Pin[] = [
  { client: pinned, mark: 2 },
  ...Array.from({ length: TABLE_SIZE - 1 }, (_, n) => ({
    client: `10.${100 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}`,
    mark: 2,
  })),
]

describeInNamespaces(`${TABLE_SIZE} pins`, { programs: ['nft', 'curl', 'ss'] }, (namespaces) => {
  let group: KernelGroup
  let inForce: Ruleset

  const director = () => group.gateways[0]
  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    group.addClients(pinned, beyond, told, newcomer)
    await group.startProxies(9090)
    const atNode2 = { slots: slotsOf(() => 2), tableSize: TABLE_SIZE }
    await group.direct(director(), atNode2)
    inForce = group.rulesetOf(director(), true, { ...atNode2, pins: manyPins })
    await apply(director().namespace, fullRuleset(inForce))
  })
  afterAll(() => namespaces.close())

  const moveSlots = async (mark: number) => {
    const wanted = { ...inForce, slots: slotsOf(() => mark) }
    await apply(director().namespace, changeOf(inForce, wanted)!)
    inForce = wanted
  }
  const ask = (client: string) => group.ask(`${VIP}:9090/`, '--interface', client)
  const keepConnection = async (client: string) => {
    const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
    const connection = group.client.startScript(script, VIP, '9090', client)
    expect(await connection.nextLine()).toBe('connected')
    return {
      ask: () => {
        connection.process.stdin?.write('\n')
        return connection.nextLine()
      },
    }
  }
  const counted = () => director().namespace.runScript(new URL('./fixtures/pin-count.ts', import.meta.url))
  const addElement = () =>
    director().namespace.run('nft', ['add', 'element', 'netdev', 'proxyha', 'pins4', '{ 10.9.9.9 timeout 600s : 1 }'])

  it('are all there is room for, and are counted: the kernel takes no more, from packets or from nft', async () => {
    expect((await addElement()).stderr).toContain('Too many open files in system')
    expect(await counted()).toMatchObject({
      count: { ok: true, value: TABLE_SIZE },
      unpinned: { ok: true, value: { packets: 0 } },
    })
  })

  it('do not keep a client beyond from being served: it goes by its slot, and its packets are counted', async () => {
    expect(await ask(beyond)).toBe(`node-2 ${beyond} 9090`)
    const { count, unpinned } = (await counted()) as { count: object; unpinned: { value: { packets: number } } }
    expect(count).toEqual({ ok: true, value: TABLE_SIZE })
    expect(unpinned.value.packets).toBeGreaterThan(1)
  })

  it('hold, and whoever has to stay by the word of its node does, also where there is no room for its pin', async () => {
    const [ofPinned, ofTold] = [await keepConnection(pinned), await keepConnection(told)]
    const { pinTimeoutS } = inForce
    await apply(director().namespace, loadedStaying({ pins: [{ client: told, mark: 2 }], pinTimeoutS }))
    await moveSlots(3)
    expect(await ofPinned.ask()).toBe(`node-2 ${pinned} 9090`)
    expect(await ofTold.ask()).toBe(`node-2 ${told} 9090`)
    expect(await ask(beyond), 'it has no connection, and goes by its slot').toBe(`node-3 ${beyond} 9090`)
    await apply(director().namespace, loadedStaying({ pins: [], pinTimeoutS }))
    expect(await ask(told)).toBe(`node-3 ${told} 9090`)
  })

  it('that packets from anywhere have made are gone after seconds; a client makes its own last with its second packet', async () => {
    await group.endConnections()
    await apply(director().namespace, fullRuleset({ ...inForce, pins: [], connections: [] }))
    const sender: RunningProgram = group.client.startScript(
      new URL('../../scenarios/fixtures/raw-frames.ts', import.meta.url),
    )
    await sender.nextLine()
    await ask(newcomer)
    const macs = { from: group.clientMac, to: director().mac }
    const stranger = { source: '10.77.3.3', sourcePort: 7, destination: VIP, destinationPort: 9090, flags: ACK }
    sender.process.stdin?.write(`${JSON.stringify([tcpFrame(macs, stranger).toString('hex')])}\n`)
    await sender.nextLine()
    const left = await vi.waitFor(async () => {
      const { pins } = await listed(director().namespace)
      const secondsOf = new Map(pins.map(({ client, expiresS }) => [client, expiresS!]))
      expect([...secondsOf.keys()].sort()).toEqual([newcomer, stranger.source])
      return secondsOf
    }, 5000)
    expect(left.get(stranger.source)).toBeLessThanOrEqual(10)
    expect(left.get(newcomer)).toBeGreaterThan(500)
  })
})
