import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { loadedStaying } from '../../../actors/fast-path/ruleset/forwarding-table.ts'
import { changeOf } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Ruleset } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces } from '../../namespaces.ts'
import { Capture } from './capture.ts'
import { SYN, tcpFrame } from './frames.ts'
import { apply, KernelGroup, listed, slotsFor, VIP, VIP6 } from './kernel-group.ts'
import { slotsOf } from './rulesets.ts'

const clients = ['10.77.0.101', '10.77.0.102', '10.77.0.103', 'fd00:77::101'] as const
const [first, second, third, first6] = clients

describeInNamespaces('a pin', { programs: ['nft', 'curl', 'tcpdump', 'ss'] }, (namespaces) => {
  let group: KernelGroup
  let inForce: Ruleset

  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    group.addClients(...clients)
    await group.startProxies(9090, 9080)
  })
  beforeEach(async () => {
    await group.endConnections()
    await begin({})
  })
  afterAll(() => namespaces.close())

  /** A director without pins but for those of `changes`, and all slots at node 2. */
  const begin = async (changes: Partial<Ruleset>) => {
    const all = { slots: slotsOf(() => 2), ...changes }
    await group.direct(group.gateways[0], all)
    inForce = group.rulesetOf(group.gateways[0], true, all)
  }
  const change = async (changes: Partial<Ruleset>) => {
    const wanted = { ...inForce, ...changes }
    const script = changeOf(inForce, wanted)
    if (script !== undefined) await apply(group.gateways[0].namespace, script)
    inForce = wanted
  }
  const list = () => listed(group.gateways[0].namespace)
  const pins = async (): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries((await list()).pins.map(({ client, mark }) => [client, mark]))
  const ask = (client: string) => group.ask(`${client.includes(':') ? `[${VIP6}]` : VIP}:9090/`, '--interface', client)
  const keepConnection = async (client: string) => {
    const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
    const connection = group.client.startScript(script, client.includes(':') ? VIP6 : VIP, '9090', client)
    expect(await connection.nextLine()).toBe('connected')
    return {
      ask: () => {
        connection.process.stdin?.write('\n')
        return connection.nextLine()
      },
    }
  }

  it.each([first, first6])('keeps the connections of %s where they are when its slot moves', async (client) => {
    const kept = await keepConnection(client)
    expect(await kept.ask()).toBe(`node-2 ${client} 9090`)
    await change({ slots: slotsOf(() => 3) })
    expect(await kept.ask()).toBe(`node-2 ${client} 9090`)
    expect(await ask(client), 'a new connection stays as well').toBe(`node-2 ${client} 9090`)
    expect(await ask(second), 'a client that was not there goes by its slot').toBe(`node-3 ${second} 9090`)
    expect(await pins()).toEqual({ [client]: 2, [second]: 3 })
  })

  it('keeps them on the director, too', async () => {
    await change({ slots: slotsOf(() => 1) })
    const kept = await keepConnection(first)
    await change({ slots: slotsOf(() => 3) })
    expect(await kept.ask()).toBe(`node-1 ${first} 9090`)
  })

  it('that was loaded is followed from the first packet on', async () => {
    await begin({
      pins: [
        { client: first, mark: 3 },
        { client: first6, mark: 1, expiresS: 60 },
      ],
    })
    expect(await ask(first)).toBe(`node-3 ${first} 9090`)
    expect(await ask(first6)).toBe(`node-1 ${first6} 9090`)
    expect(await ask(second)).toBe(`node-2 ${second} 9090`)
  })

  it('of a node that is dead is forgotten, and the client pinned where it goes now', async () => {
    expect(await ask(first)).toBe(`node-2 ${first} 9090`)
    const nodes = inForce.nodes.map((node) => ({ ...node, takesNew: node.mark !== 2, reachable: node.mark !== 2 }))
    await change({ nodes, slots: slotsOf(() => 3) })
    expect(await ask(first)).toBe(`node-3 ${first} 9090`)
    expect(await pins()).toEqual({ [first]: 3 })
  })

  it('is not made by a SYN, which can come from anywhere', async () => {
    const capture = await Capture.start(group.bridge, 'br0', 'tcp port 9090')
    const peer = group.client.startScript(new URL('../../scenarios/fixtures/raw-frames.ts', import.meta.url))
    await peer.nextLine()
    const macs = { from: group.clientMac, to: group.gateways[0].mac }
    const frame = tcpFrame(macs, {
      source: '10.77.0.77',
      sourcePort: 7,
      destination: VIP,
      destinationPort: 9090,
      flags: SYN,
    })
    peer.process.stdin?.write(`${JSON.stringify([frame.toString('hex')])}\n`)
    await capture.until(({ to, text }) => to === group.gateways[1].mac && text.includes('10.77.0.77'))
    await capture.stop()
    expect(await pins()).toEqual({})
    expect(await ask(first)).toBe(`node-2 ${first} 9090`)
    expect(await pins()).toEqual({ [first]: 2 })
  })

  it('that finds no room is not made: the client follows its slot', async () => {
    await begin({ tableSize: 2 })
    for (const client of [first, second, third]) expect(await ask(client)).toBe(`node-2 ${client} 9090`)
    expect(Object.keys(await pins())).toHaveLength(2)
    await change({ slots: slotsOf(() => 3) })
    expect(await ask(third)).toBe(`node-3 ${third} 9090`)
  })

  it('lasts as long as it is told, and from the last packet', async () => {
    await begin({ pinTimeoutS: 1000 })
    await ask(first)
    const [pin] = (await list()).pins
    expect(pin).toMatchObject({ client: first, mark: 2 })
    expect(pin!.expiresS).toBeGreaterThan(900)
    expect(pin!.expiresS).toBeLessThanOrEqual(1000)
  })

  it('of a client whose slot nobody owns holds; another client is not answered', async () => {
    const kept = await keepConnection(first)
    await change({ slots: slotsOf(() => 0) })
    expect(await kept.ask()).toBe(`node-2 ${first} 9090`)
    expect(await ask(second)).toBe('curl ended with 28')
  })

  it('survives that the VIP is handed over, as one that is loaded', async () => {
    const kept = await keepConnection(first)
    await change({ slots: slotsFor({}) })
    const exceptions = (await list()).pins
    await group.direct(group.gateways[2], { slots: slotsFor({}), pins: exceptions })
    expect(await kept.ask()).toBe(`node-2 ${first} 9090`)
  })

  it.each([first, first6])(
    'of %s may be unknown to a new director: what it sends waits, new connections do not',
    async (client) => {
      const kept = await keepConnection(client)
      const unknown = { slots: slotsOf(() => 3), hearing: true }
      await begin(unknown)
      const capture = await Capture.start(group.bridge, 'br0', 'tcp port 9090')
      const answer = kept.ask()
      await capture.until(({ to, text }) => to === group.gateways[0].mac && text.includes(client))
      await capture.stop()
      expect(await ask(second)).toBe(`node-3 ${second} 9090`)
      expect(await pins(), 'who waits is pinned nowhere').toEqual({ [second]: 3 })
      const { pinTimeoutS } = inForce
      await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 2 }], pinTimeoutS }))
      await change({ hearing: false })
      expect(await answer).toBe(`node-2 ${client} 9090`)
    },
  )

  it('goes with a count of what each node was sent', async () => {
    expect((await list()).traffic).toContainEqual({ mark: 2, packets: 0, bytes: 0 })
    await ask(first)
    const { traffic } = await list()
    expect(traffic.map(({ mark }) => mark).sort()).toEqual([1, 2, 3])
    expect(traffic.find(({ mark }) => mark === 2)!.packets).toBeGreaterThan(3)
    expect(traffic.find(({ mark }) => mark === 3)!.packets).toBe(0)
  })
})
