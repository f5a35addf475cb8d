import { afterAll, beforeAll, expect, it } from 'vitest'
import { fullRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../../namespaces.ts'
import { ping } from '../../scenarios/vrrp/raw-frame.ts'
import { Capture, type CapturedFrame } from './capture.ts'
import { fragmentsOf, icmpErrorFrame, quoteOf, SYN, tcpFrame } from './frames.ts'
import { apply, KernelGroup, placeAddresses, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const [first, second, third] = ['10.77.0.101', '10.77.0.102', '10.77.0.103'] as const
const [second6] = ['fd00:77::102'] as const
/** Frames that eth0 has received. */
function receivedPackets(namespace: Namespace): number {
  const [link] = JSON.parse(namespace.ip('-s', '-j', 'link', 'show', 'eth0')) as [
    { stats64: { rx: { packets: number } } },
  ]
  return link.stats64.rx.packets
}

const slots = slotsFor({ [first]: 1, [second]: 2, [third]: 3, [second6]: 2 })
const redirects = [
  { originalPorts: [9090], proxyPort: 9090 },
  { originalPorts: [80], proxyPort: 9080 },
]

describeInNamespaces('frames in kernel mode', { programs: ['nft', 'curl', 'tcpdump'] }, (namespaces) => {
  let group: KernelGroup
  let peer: RunningProgram
  let sourcePort = 20_000

  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    group.addClients(first, second, third, second6)
    await group.startProxies(9090, 9080, 22)
    peer = group.client.startScript(new URL('../../scenarios/fixtures/raw-frames.ts', import.meta.url))
    await peer.nextLine()
    await group.direct(group.gateways[0], { redirects, slots })
  })
  afterAll(() => namespaces.close())

  const send = (...frames: readonly Buffer[]) =>
    peer.process.stdin?.write(`${JSON.stringify(frames.map((frame) => frame.toString('hex')))}\n`)
  const everything = (filter: string, ...options: string[]) => Capture.start(group.bridge, 'br0', filter, ...options)
  /** Who a MAC belongs to. */
  const owner = (mac: string) =>
    mac === group.clientMac ? 'client' : (group.gateways.find((gateway) => gateway.mac === mac)?.name ?? mac)
  const ways = (frames: readonly CapturedFrame[]) =>
    [...new Set(frames.map(({ from, to }) => `${owner(from)} > ${owner(to)}`))].sort()
  const toDirector = () => ({ from: group.clientMac, to: group.gateways[0].mac })
  const syn = (macs: { from: string; to: string }, source: string, destinationPort: number, payload?: Uint8Array) =>
    tcpFrame(macs, {
      source,
      sourcePort: ++sourcePort,
      destination: VIP,
      destinationPort,
      flags: SYN,
      ...(payload ? { payload } : {}),
    })
  const isAnswer = ({ text }: CapturedFrame) => text.includes(`.${sourcePort}: Flags [S.]`)

  it.each([
    [second, VIP],
    [second6, `[${VIP6}]`],
  ])('have both MACs rewritten, and replies to %s pass the director by', async (client, host) => {
    for (const port of [9090, 80]) {
      const capture = await everything(`tcp port ${port}`)
      await group.ask(`${host}:${port}/`, '--interface', client)
      await capture.until(({ from, text }) => owner(from) === 'node-2' && text.includes('Flags [F.]'))
      expect(ways(await capture.stop())).toEqual(['client > node-1', 'node-1 > node-2', 'node-2 > client'])
    }
  })

  it('of the director itself go nowhere else', async () => {
    const capture = await everything('tcp port 80')
    expect(await group.ask(`${VIP}:80/`, '--interface', first)).toBe(`node-1 ${first} 9080`)
    await capture.until(({ from, text }) => owner(from) === 'node-1' && text.includes('Flags [F.]'))
    expect(ways(await capture.stop())).toEqual(['client > node-1', 'node-1 > client'])
  })

  it('that ask for the VIP are answered by the director alone, wherever the nodes have the address', async () => {
    for (const { namespace } of group.gateways.slice(1)) placeAddresses(namespace, 'eth0')
    group.client.ip('neighbour', 'flush', 'dev', 'eth0')
    const capture = await everything('arp or (icmp6 and (ip6[40] == 135 or ip6[40] == 136))')
    expect(await group.ask(`${VIP}:9090/`, '--interface', second)).toBe(`node-2 ${second} 9090`)
    expect(await group.ask(`[${VIP6}]:9090/`, '--interface', second6)).toBe(`node-2 ${second6} 9090`)
    const frames = await capture.stop()
    const tells = frames.filter(({ text }) => /Reply 10\.77\.0\.10 is-at|tgt is fd00:77::10,/.test(text))
    expect(ways(tells)).toEqual(['node-1 > client'])
    for (const { namespace } of group.gateways.slice(1)) placeAddresses(namespace, 'lo')
  })

  it("by which a node asks for its client's MAC do not name the VIP as sender: the client would learn it", async () => {
    for (const { namespace } of group.gateways) namespace.ip('neighbour', 'flush', 'dev', 'eth0')
    const capture = await everything('arp or (icmp6 and ip6[40] == 135)')
    expect(await group.ask(`${VIP}:9090/`, '--interface', second)).toBe(`node-2 ${second} 9090`)
    expect(await group.ask(`[${VIP6}]:9090/`, '--interface', second6)).toBe(`node-2 ${second6} 9090`)
    const asked = (await capture.stop()).filter(({ from, text }) => owner(from) === 'node-2' && text.includes('who'))
    expect(asked.some(({ text }) => text.includes(`who-has ${second} tell 10.77.0.3`))).toBe(true)
    expect(asked.some(({ text }) => text.includes(`who has ${second6}`))).toBe(true)
    expect(asked.filter(({ text }) => text.includes(`tell ${VIP},`) || text.includes(`${VIP6} >`))).toEqual([])
  })

  it('by which a director asks for one do not either: clients come when its announcer calls them, and not before', async () => {
    const [director] = group.gateways
    director!.namespace.ip('neighbour', 'flush', 'dev', 'eth0')
    const capture = await everything('arp')
    expect(await group.ask(`${VIP}:80/`, '--interface', first)).toBe(`node-1 ${first} 9080`)
    const asked = (await capture.stop()).filter(
      ({ from, text }) => owner(from) === 'node-1' && text.includes('who-has'),
    )
    expect(asked.some(({ text }) => text.includes(`who-has ${first} tell 10.77.0.2`))).toBe(true)
    expect(asked.filter(({ text }) => text.includes(`tell ${VIP},`))).toEqual([])
  })

  it('that are later fragments follow the source address, and the node puts them together', async () => {
    const capture = await everything(`host ${third} and (tcp or ip[6:2] & 0x1fff != 0)`)
    const whole = syn(toDirector(), third, 80, Buffer.alloc(400, 'data'))
    const [head, tail] = fragmentsOf(whole, 200)
    send(tail)
    await capture.until(({ from, text }) => owner(from) === 'node-1' && text.includes('ip-proto-6'))
    send(head)
    expect(owner((await capture.until(isAnswer)).from)).toBe('node-3')
    expect(ways(await capture.stop())).toEqual(['client > node-1', 'node-1 > node-3', 'node-3 > client'])
  })

  it('that are fragments of what is no redirect reach the director, too', async () => {
    const capture = await everything(`host ${third} and tcp`)
    send(...fragmentsOf(syn(toDirector(), third, 22, Buffer.alloc(400, 'data')), 200))
    expect(owner((await capture.until(isAnswer)).from)).toBe('node-1')
    await capture.stop()
  })

  it('with an ICMP echo request for the VIP are answered by the director alone', async () => {
    const capture = await everything('icmp')
    send(ping(toDirector(), second, VIP))
    await capture.until(({ text }) => text.includes('echo reply'))
    expect(ways(await capture.stop())).toEqual(['client > node-1', 'node-1 > client'])
  })

  it('with an ICMP error for the VIP reach every node', async () => {
    const capture = await everything('icmp')
    const quoted = quoteOf(
      tcpFrame(toDirector(), { source: VIP, sourcePort: 80, destination: second, destinationPort: 1, flags: 0 }),
    )
    const error = { source: '10.77.0.1', destination: VIP, type: 3, code: 3 }
    send(icmpErrorFrame(toDirector(), error, quoted))
    await capture.until(({ to, text }) => owner(to) === 'node-3' && text.includes('unreachable'))
    expect(ways(await capture.stop())).toEqual(['client > node-1', 'node-1 > node-2', 'node-1 > node-3'])
  })

  it('with ICMP errors become no flood: a second has a thousand copies for each node', async () => {
    const quoted = quoteOf(
      tcpFrame(toDirector(), { source: VIP, sourcePort: 80, destination: second, destinationPort: 1, flags: 0 }),
    )
    const error = icmpErrorFrame(toDirector(), { source: '10.77.0.1', destination: VIP, type: 3, code: 3 }, quoted)
    const received = () => receivedPackets(group.gateways[1].namespace)
    const [before, startedAt] = [received(), performance.now()]
    for (let sent = 0; sent < 5000; sent += 1000) send(...Array<Buffer>(1000).fill(error))
    // It is sent after those, and answered after they were copied.
    const capture = await everything('icmp[icmptype] == 0')
    send(ping(toDirector(), second, VIP))
    await capture.until(({ text }) => text.includes('echo reply'))
    await capture.stop()
    const mostCopies = 1000 + performance.now() - startedAt
    const othersMost = 100
    expect(received() - before).toBeGreaterThan(0)
    expect(received() - before).toBeLessThanOrEqual(mostCopies + othersMost)
  })

  it('bounce at most once between two that both take themselves for the director', async () => {
    const [one, two] = group.gateways
    const misled = {
      redirects,
      slots: slotsFor({ [second]: 2 }),
      virtualIps: [{ address: VIP, role: 'director' as const }],
    }
    await apply(one.namespace, fullRuleset(group.rulesetOf(one, true, misled)))
    await apply(two.namespace, fullRuleset(group.rulesetOf(two, true, { ...misled, slots: slotsFor({ [second]: 1 }) })))
    const capture = await everything('tcp port 80')
    send(syn(toDirector(), second, 80))
    expect(owner((await capture.until(isAnswer)).from)).toBe('node-2')
    const forth = (await capture.stop()).filter(
      ({ text }) => text.includes(`.${sourcePort} > `) && text.includes('Flags [S]'),
    )
    expect(forth.map(({ from, to }) => `${owner(from)} > ${owner(to)}`)).toEqual(['client > node-1', 'node-1 > node-2'])
    await group.direct(one, { redirects, slots })
  })

  it('that reach a node by mistake are neither forwarded nor answered', async () => {
    const { mac } = group.gateways[1]
    const capture = await everything('tcp or icmp')
    send(syn({ from: group.clientMac, to: mac }, third, 80))
    send(syn({ from: group.clientMac, to: mac }, second, 22))
    send(ping({ from: group.clientMac, to: mac }, second, VIP))
    // What it has to answer comes after those.
    send(ping({ from: group.clientMac, to: mac }, second, group.gateways[1].address))
    await capture.until(({ text }) => text.includes('echo reply'))
    const told = (await capture.stop()).filter(({ from }) => owner(from) !== 'client')
    expect(told.map(({ text }) => text.includes('echo reply'))).toEqual([true])
  })

  it('for another MAC that a promiscuous interface sees are not forwarded', async () => {
    const [{ namespace }] = group.gateways
    namespace.ip('link', 'set', 'eth0', 'promisc', 'on')
    const capture = await everything('tcp or icmp')
    send(syn({ from: group.clientMac, to: '02:00:00:00:99:99' }, second, 80))
    send(ping(toDirector(), second, VIP))
    await capture.until(({ text }) => text.includes('echo reply'))
    expect(ways((await capture.stop()).filter(({ text }) => text.includes('Flags')))).toEqual([
      'client > 02:00:00:00:99:99',
    ])
    namespace.ip('link', 'set', 'eth0', 'promisc', 'off')
  })
})
