import { afterAll, beforeEach, expect, test } from 'vitest'
import { emitIpv6Packet, parseIpv6Packet } from '../../../../../runtime/wire/ipv6.ts'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../../../../namespaces.ts'

const SESSION = new URL('../../fixtures/raw-ip-session.ts', import.meta.url)
const FRAMES = new URL('../../fixtures/send-frames.ts', import.meta.url)
const ADDRESSES = ['fe80::a', 'fe80::b', 'fe80::c'] as const
const GROUP = 'ff02::12'

type Line = { readonly [key: string]: unknown }

describeInNamespaces('raw IPv6', {}, (namespaces) => {
  let nodes: readonly Namespace[]
  let sessions: RunningProgram[]

  const tell = (session: RunningProgram, ...command: readonly unknown[]): void => {
    session.process.stdin?.write(`${JSON.stringify(command)}\n`)
  }
  const next = async (session: RunningProgram): Promise<Line> => JSON.parse(await session.nextLine())
  const ask = async (session: RunningProgram, ...command: readonly unknown[]): Promise<Line> => {
    tell(session, ...command)
    return next(session)
  }
  /** The next packet: source, destination, hop limit and payload as hex. */
  const packetOf = async (session: RunningProgram): Promise<readonly unknown[]> => {
    const line = await next(session)
    if (typeof line.packet !== 'string') throw new Error(`no packet: ${JSON.stringify(line)}`)
    const parsed = parseIpv6Packet(Buffer.from(line.packet, 'hex'))
    if (!parsed.ok) throw new Error(parsed.reason)
    const { source, destination, hopLimit, payload } = parsed.packet
    return [source, destination, hopLimit, Buffer.from(payload).toString('hex')]
  }

  beforeEach(async () => {
    nodes = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24', '10.77.0.3/24').members
    for (const [index, node] of nodes.entries()) {
      node.ip('address', 'add', `${ADDRESSES[index]}/64`, 'dev', 'eth0', 'nodad')
    }
    sessions = nodes.map((node, index) => node.startScript(SESSION, ADDRESSES[index] ?? ''))
    for (const session of sessions) expect(await next(session)).toEqual({ opened: { ok: true } })
    return () => namespaces.close()
  })
  afterAll(() => namespaces.close())

  const [A, B, C] = [0, 1, 2]
  const at = (index: number): RunningProgram => sessions[index] as RunningProgram

  /** Puts a packet on the wire of node `from` as it stands; an extension header before the payload where given. */
  async function inject(
    from: number,
    packet: { readonly destination?: string; readonly hopLimit?: number; readonly payload: string },
    toMac = '333300000012',
    [protocol, extension]: readonly [number, string] = [112, ''],
  ): Promise<void> {
    const { destination = GROUP, hopLimit = 255, payload } = packet
    const bytes = Buffer.from(extension + payload, 'hex')
    const ip = emitIpv6Packet({ source: 'fe80::99', destination, protocol, hopLimit, payload: bytes })
    const frame = `${toMac}02000000009986dd${Buffer.from(ip).toString('hex')}`
    expect(await nodes[from]?.runScript(FRAMES, frame)).toMatchObject({ 0: 'sent' })
  }

  test('rule 1: an advert reaches the members of ff02::12 with hop limit 255 and our source, and does not come back', async () => {
    expect(await ask(at(A), 'send', 112, GROUP, 'c0ffee')).toEqual({ sent: { ok: true } })
    for (const receiver of [B, C]) expect(await packetOf(at(receiver))).toEqual(['fe80::a', GROUP, 255, 'c0ffee'])
    // Had it come back, it would be the next line, before the answer that follows it.
    expect(await ask(at(B), 'send', 112, GROUP, '01')).toEqual({ sent: { ok: true } })
    expect(await packetOf(at(A))).toEqual(['fe80::b', GROUP, 255, '01'])
  })

  test('rule 1: a hop limit other than 255 and a destination other than the group can be told', async () => {
    await inject(A, { hopLimit: 254, payload: '0254' })
    expect((await packetOf(at(B))).slice(1)).toEqual([GROUP, 0, '0254'])
    await inject(A, { hopLimit: 255, payload: '0255' })
    expect((await packetOf(at(B))).slice(1)).toEqual([GROUP, 255, '0255'])
    await inject(A, { destination: 'fe80::b', payload: '0b' }, macOf(B))
    expect((await packetOf(at(B))).slice(1)).toEqual(['fe80::b', 255, '0b'])
    // Each has come once: what follows is the next packet.
    await inject(A, { payload: '03' })
    expect(await packetOf(at(B))).toEqual(['fe80::99', GROUP, 255, '03'])
  })

  test('hop-by-hop options can be told: such a packet was not meant for neighbours alone', async () => {
    await inject(A, { payload: '00' }, undefined, [0, '7000010400000000'])
    expect(await packetOf(at(B))).toEqual(['fe80::99', GROUP, 0, '00'])
    await inject(A, { payload: '01' })
    expect(await packetOf(at(B))).toEqual(['fe80::99', GROUP, 255, '01'])
  })

  test('other extension headers are tolerated: the kernel has taken them off', async () => {
    await inject(A, { payload: 'c0ffee' }, undefined, [60, '7000010400000000'])
    expect(await packetOf(at(B))).toEqual(['fe80::99', GROUP, 255, 'c0ffee'])
  })

  test('rule 6: another address of the interface is never the source', async () => {
    nodes[A]?.ip('address', 'add', 'fe80::1/64', 'dev', 'eth0', 'nodad')
    nodes[A]?.ip('address', 'add', '2001:db8::10/64', 'dev', 'eth0', 'nodad')
    tell(at(A), 'send', 112, GROUP, '01')
    expect(await packetOf(at(B))).toEqual(['fe80::a', GROUP, 255, '01'])
  })

  test('packets on another interface are neither taken nor sent', async () => {
    const elsewhere = namespaces.create()
    namespaces.connect({ namespace: nodes[A] as Namespace, device: 'eth1' }, { namespace: elsewhere, device: 'eth0' })
    elsewhere.ip('address', 'add', 'fe80::e/64', 'dev', 'eth0', 'nodad')
    const stranger = elsewhere.startScript(SESSION, 'fe80::e')
    expect(await next(stranger)).toEqual({ opened: { ok: true } })
    expect(await ask(stranger, 'send', 112, GROUP, '99')).toEqual({ sent: { ok: true } })
    tell(at(B), 'send', 112, GROUP, '02')
    expect((await packetOf(at(A)))[3]).toBe('02')
  })

  test('a drain after a stall hands over everything that had arrived', async () => {
    tell(at(A), 'block', 1500)
    expect(await ask(at(B), 'burst', 112, GROUP, 60)).toEqual({ burst: { sent: 60 } })
    expect(await next(at(A))).toEqual({ blocked: 0 })
    expect(await next(at(A))).toMatchObject({ delivered: 60 })
  })

  test('what cannot be sent is refused with its reason', async () => {
    expect(await ask(at(A), 'send', 112, '224.0.0.18', '00')).toMatchObject({ sent: { code: 'EINVAL' } })
    expect(await ask(at(A), 'send', 253, GROUP, '00')).toMatchObject({ sent: { code: 'EBADF' } })
    expect(await ask(at(A), 'send', 112, GROUP, '00'.repeat(1461))).toMatchObject({ sent: { code: 'EMSGSIZE' } })
    nodes[A]?.ip('link', 'delete', 'eth0')
    expect(await ask(at(A), 'send', 112, GROUP, '00')).toMatchObject({ sent: { code: 'ENODEV' } })
  })

  test('a source that the interface has not, or not yet, is refused: it is tried again later', async () => {
    expect(await next(nodes[A]!.startScript(SESSION, 'fe80::77'))).toMatchObject({
      opened: { ok: false, code: 'EADDRNOTAVAIL', reason: expect.stringContaining('fe80::77') },
    })
    // Without nodad it is tentative until nobody has objected to any of so many probes, a second each (RFC 4862 §5.4).
    await nodes[A]?.run('sysctl', ['-qw', 'net.ipv6.conf.eth0.dad_transmits=60'])
    nodes[A]?.ip('address', 'add', 'fe80::78/64', 'dev', 'eth0')
    expect(nodes[A]?.ip('-6', 'address', 'show', 'dev', 'eth0', 'to', 'fe80::78')).toContain('tentative')
    const early = await next(nodes[A]!.startScript(SESSION, 'fe80::78'))
    expect(early).toMatchObject({ opened: { ok: false, code: 'EADDRNOTAVAIL' } })
  })

  const macOf = (index: number): string => {
    const [link] = JSON.parse(nodes[index]?.ip('-j', 'link', 'show', 'eth0') ?? '[]')
    return link.address.replaceAll(':', '')
  }
})
