import { afterAll, beforeEach, expect, test } from 'vitest'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../../../../namespaces.ts'

const SESSION = new URL('../../fixtures/raw-ip-session.ts', import.meta.url)
const ADDRESSES = ['10.77.0.1', '10.77.0.2', '10.77.0.3'] as const

const FLOOD = new URL('../../fixtures/raw-ip-flood.ts', import.meta.url)
type Line = { readonly [key: string]: unknown }

describeInNamespaces('raw IP', {}, (namespaces) => {
  let nodes: readonly Namespace[]
  let sessions: RunningProgram[]

  const tell = (session: RunningProgram, ...command: readonly unknown[]): void => {
    session.process.stdin?.write(`${JSON.stringify(command)}\n`)
  }
  const next = async (session: RunningProgram): Promise<Line> => JSON.parse(await session.nextLine())
  const packetOf = async (session: RunningProgram): Promise<string> => {
    const line = await next(session)
    if (typeof line.packet !== 'string') throw new Error(`no packet: ${JSON.stringify(line)}`)
    return line.packet
  }
  const ask = async (session: RunningProgram, ...command: readonly unknown[]): Promise<Line> => {
    tell(session, ...command)
    return next(session)
  }

  const nextOf = async (session: RunningProgram, key: string): Promise<Line> => {
    for (;;) {
      const line = await next(session)
      if (key in line) return line
    }
  }

  beforeEach(async () => {
    nodes = namespaces.subnet(...ADDRESSES.map((address) => `${address}/24`)).members
    sessions = nodes.map((node, index) => node.startScript(SESSION, ADDRESSES[index] ?? ''))
    for (const session of sessions) expect(await next(session)).toEqual({ opened: { ok: true } })
    return () => namespaces.close()
  })
  afterAll(() => namespaces.close())

  const [A, B, C] = [0, 1, 2]
  const at = (index: number): RunningProgram => sessions[index] as RunningProgram

  test('an advert reaches the members of 224.0.0.18 with TTL 255 and our source, and does not come back', async () => {
    expect(await ask(at(A), 'send', 112, '224.0.0.18', 'c0ffee')).toEqual({ sent: { ok: true } })
    for (const receiver of [B, C]) {
      const packet = Buffer.from(await packetOf(at(receiver)), 'hex')
      expect([packet[0], packet[8], packet[9]]).toEqual([0x45, 255, 112])
      expect(packet.subarray(12).toString('hex')).toBe('0a4d0001e0000012c0ffee')
    }
    // Had it come back, it would be the next line, before the broadcast that follows it.
    expect(await ask(at(B), 'send', 253, '255.255.255.255', '01')).toBeDefined()
    expect(await packetOf(at(A))).toMatch(/0a4d0002ffffffff01$/)
  })

  test('a beacon reaches everybody by broadcast, and one node by unicast', async () => {
    tell(at(A), 'send', 253, '10.77.0.2', 'aa')
    tell(at(A), 'send', 253, '255.255.255.255', 'bb')
    expect(await packetOf(at(B))).toMatch(/^45.*0a4d00010a4d0002aa$/)
    expect(await packetOf(at(B))).toMatch(/0a4d0001ffffffffbb$/)
    expect(await packetOf(at(C))).toMatch(/0a4d0001ffffffffbb$/)
    // Had it come back to its sender, it would be there before what another says next.
    tell(at(B), 'send', 253, '255.255.255.255', 'cc')
    expect((await nextOf(at(A), 'packet')).packet).toMatch(/0a4d0002ffffffffcc$/)
  })

  test('a VIP on the interface is never the source, not even in another subnet than the destination’s', async () => {
    nodes[A]?.ip('address', 'add', '10.77.0.10/24', 'dev', 'eth0')
    nodes[A]?.ip('address', 'add', '10.99.0.10/24', 'dev', 'eth0')
    tell(at(A), 'send', 112, '224.0.0.18', '01')
    expect(await packetOf(at(B))).toMatch(/0a4d0001e000001201$/)
  })

  test('packets on another interface are neither taken nor sent', async () => {
    const elsewhere = namespaces.create()
    const node = nodes[A] as Namespace
    namespaces.connect(
      { namespace: node, device: 'eth1', address: '10.88.0.1/24' },
      { namespace: elsewhere, device: 'eth0', address: '10.88.0.2/24' },
    )
    const stranger = elsewhere.startScript(SESSION, '10.88.0.2')
    expect(await next(stranger)).toEqual({ opened: { ok: true } })
    expect(await ask(stranger, 'send', 112, '224.0.0.18', '99')).toEqual({ sent: { ok: true } })
    expect(await ask(stranger, 'send', 253, '10.88.0.1', '99')).toEqual({ sent: { ok: true } })
    tell(at(B), 'send', 253, '10.77.0.1', '02')
    expect(await packetOf(at(A))).toMatch(/02$/)
  })

  test('a drain after a stall hands over everything that had arrived', async () => {
    tell(at(A), 'block', 1500)
    expect(await ask(at(B), 'burst', 253, '10.77.0.1', 60)).toEqual({ burst: { sent: 60 } })
    expect(await ask(at(C), 'burst', 112, '224.0.0.18', 60)).toEqual({ burst: { sent: 60 } })
    expect(await next(at(A))).toEqual({ blocked: 0 })
    // What the poll phase before the call brought was delivered by it, and is none of the drain's.
    expect(await next(at(A))).toMatchObject({ delivered: 120 })
  })

  test('a drain of nothing is over at once', async () => {
    expect(await ask(at(A), 'block', 1)).toEqual({ blocked: 0 })
    expect(await next(at(A))).toEqual({ drained: 0, delivered: 0 })
  })

  test('the send queue is bounded', async () => {
    expect(await ask(at(A), 'burst', 253, '10.77.0.2', 100)).toEqual({ burst: { sent: 64, ENOBUFS: 36 } })
  })

  test('what cannot be sent is refused with its reason', async () => {
    expect(await ask(at(A), 'send', 253, '10.77.0.2', '00'.repeat(1481))).toMatchObject({ sent: { code: 'EMSGSIZE' } })
    expect(await ask(at(A), 'send', 253, 'nowhere', '00')).toMatchObject({ sent: { code: 'EINVAL' } })
    nodes[A]?.ip('link', 'set', 'eth0', 'down')
    expect(await ask(at(A), 'send', 112, '224.0.0.18', '00')).toMatchObject({ sent: { code: 'ENETUNREACH' } })
    nodes[A]?.ip('link', 'set', 'eth0', 'up')
    expect(await ask(at(A), 'send', 112, '224.0.0.18', '00')).toEqual({ sent: { ok: true } })
    nodes[A]?.ip('link', 'delete', 'eth0')
    expect(await ask(at(A), 'send', 112, '224.0.0.18', '00')).toMatchObject({ sent: { code: 'ENODEV' } })
  })

  test('a flood neither makes a drain endless nor holds our own packets back', async () => {
    const flood = nodes[B]?.startScript(FLOOD, '112', '224.0.0.18')
    expect(await flood?.nextLine()).toBe('flooding')
    tell(at(A), 'block', 200) // from here on it counts instead of printing packets
    const { drained } = await nextOf(at(A), 'drained')
    expect(drained).toBeGreaterThan(1000)
    expect(drained).toBeLessThan(11_000)
    tell(at(A), 'burst', 112, '224.0.0.18', 10)
    expect(await nextOf(at(A), 'burst')).toEqual({ burst: { sent: 10 } })
    expect(flood?.process.exitCode).toBeNull() // it still goes on
  })

  test('a closed port refuses to send and drains nothing; the process can end', async () => {
    expect(await ask(at(A), 'close')).toMatchObject({ closed: { ok: false, code: 'EBADF' }, drained: 0 })
    at(A).process.stdin?.end()
    await expect(at(A).nextLine()).rejects.toThrow('ended')
  })

  test('an interface that is not there is refused, and so is a user who may not', async () => {
    const empty = namespaces.create()
    expect(await next(empty.startScript(SESSION, '10.77.0.9'))).toMatchObject({ opened: { ok: false, code: 'ENODEV' } })
    const setUid = '--import=data:text/javascript,process.setuid(65534)'
    const unprivileged = nodes[A]?.start(process.execPath, [setUid, SESSION.pathname, '10.77.0.1'])
    expect(await next(unprivileged as RunningProgram)).toMatchObject({
      opened: { ok: false, code: 'EPERM', reason: expect.stringContaining('CAP_NET_RAW') },
    })
  })
})
