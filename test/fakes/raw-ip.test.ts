import { beforeEach, describe, expect, test } from 'vitest'
import type { IpProtocol } from '../../runtime/ports/raw-ip/raw-ip.ts'
import { parseIpv4Packet } from '../../runtime/wire/ipv4.ts'
import { FakeClock } from './clock.ts'
import { SeededRandom } from './random.ts'
import { type FakeRawIpPort, FakeSubnet } from './raw-ip.ts'

interface Heard {
  readonly atMs: number
  readonly protocol: IpProtocol
  readonly source: string
  readonly destination: string
  readonly ttl: number
  readonly text: string
}

describe('fake subnet', () => {
  let clock: FakeClock
  let subnet: FakeSubnet
  let heard: Map<string, Heard[]>

  beforeEach(() => {
    clock = new FakeClock()
    subnet = new FakeSubnet(clock, new SeededRandom(7), { delayMs: 2 })
    heard = new Map()
  })

  function join(address: string): FakeRawIpPort {
    const port = subnet.createPort()
    heard.set(address, [])
    const opened = port.open('eth0', address, {
      packet(protocol, bytes) {
        const parsed = parseIpv4Packet(bytes)
        if (!parsed.ok) throw new Error(parsed.reason)
        const { source, destination, ttl, payload } = parsed.packet
        const text = Buffer.from(payload).toString()
        heard.get(address)?.push({ atMs: clock.nowMs(), protocol, source, destination, ttl, text })
      },
      error: (_protocol, reason) => heard.get(address)?.push({ ...nothing, text: reason }),
    })
    if (!opened.ok) throw new Error(opened.reason)
    return port
  }
  const nothing: Heard = { atMs: 0, protocol: 112, source: '', destination: '', ttl: 0, text: '' }
  const texts = (address: string) => heard.get(address)?.map(({ text }) => text)
  const payload = (text: string) => Buffer.from(text)

  test('multicast reaches every other member, after the delay, in an IPv4 packet with TTL 255', async () => {
    const a = join('10.77.0.1')
    join('10.77.0.2')
    join('10.77.0.3')
    expect((await a.send(112, '224.0.0.18', payload('advert'))).ok).toBe(true)
    clock.advance(1.9)
    expect(texts('10.77.0.2')).toEqual([])
    clock.advance(0.1)
    const advert = { atMs: 2, protocol: 112, source: '10.77.0.1', destination: '224.0.0.18', ttl: 255, text: 'advert' }
    expect([heard.get('10.77.0.1'), heard.get('10.77.0.2'), heard.get('10.77.0.3')]).toEqual([[], [advert], [advert]])
  })

  test('broadcast reaches everybody and comes back to its sender, as Linux loops it', async () => {
    const a = join('10.77.0.1')
    join('10.77.0.2')
    await a.send(253, '255.255.255.255', payload('hello'))
    clock.advance(2)
    expect([texts('10.77.0.1'), texts('10.77.0.2')]).toEqual([['hello'], ['hello']])
  })

  test('unicast reaches the one, and nobody where nobody has the address', async () => {
    const a = join('10.77.0.1')
    join('10.77.0.2')
    join('10.77.0.3')
    await a.send(253, '10.77.0.3', payload('report'))
    await a.send(253, '10.77.0.9', payload('lost'))
    clock.advance(2)
    expect([texts('10.77.0.1'), texts('10.77.0.2'), texts('10.77.0.3')]).toEqual([[], [], ['report']])
  })

  test('each receiver has a buffer of its own', async () => {
    const a = join('10.77.0.1')
    const buffers: Uint8Array[] = []
    for (const address of ['10.77.0.2', '10.77.0.3']) {
      const listener = { packet: (_: IpProtocol, bytes: Uint8Array) => void buffers.push(bytes), error() {} }
      subnet.createPort().open('eth0', address, listener)
    }
    const sent = payload('x')
    await a.send(112, '224.0.0.18', sent)
    sent.fill(0)
    clock.advance(2)
    buffers[0]?.fill(0)
    expect(buffers).toHaveLength(2)
    expect(buffers[1]?.at(-1)).toBe('x'.charCodeAt(0))
  })

  test('a partition cuts the islands from each other until it is healed', async () => {
    const a = join('10.77.0.1')
    join('10.77.0.2')
    join('10.77.0.3')
    subnet.partition(['10.77.0.1', '10.77.0.2'], ['10.77.0.3'])
    await a.send(112, '224.0.0.18', payload('one'))
    clock.advance(2)
    subnet.heal()
    await a.send(112, '224.0.0.18', payload('two'))
    clock.advance(2)
    expect(texts('10.77.0.2')).toEqual(['one', 'two'])
    expect(texts('10.77.0.3')).toEqual(['two'])
  })

  test('loss takes its share, each receiver’s by itself, and the same seed loses the same', async () => {
    const run = async (): Promise<readonly number[]> => {
      subnet = new FakeSubnet(clock, new SeededRandom(42), { loss: 0.25 })
      const a = join('10.77.0.1')
      join('10.77.0.2')
      join('10.77.0.3')
      for (let packet = 0; packet < 1000; packet++) await a.send(112, '224.0.0.18', payload('x'))
      clock.advance(1)
      return ['10.77.0.2', '10.77.0.3'].map((address) => texts(address)?.length ?? 0)
    }
    const counts = await run()
    expect(await run()).toEqual(counts)
    for (const count of counts) expect(Math.abs(count - 750)).toBeLessThan(60)
    expect(counts[0]).not.toBe(counts[1])
  })

  test('jitter lets packets overtake each other', async () => {
    subnet.weather.jitterMs = 10
    const a = join('10.77.0.1')
    join('10.77.0.2')
    const sent = Array.from({ length: 20 }, (_, index) => String(index))
    for (const text of sent) await a.send(253, '10.77.0.2', payload(text))
    clock.advance(12)
    expect(texts('10.77.0.2')).not.toEqual(sent)
    expect(texts('10.77.0.2')?.sort()).toEqual([...sent].sort())
  })

  test('what arrives at a stopped process waits for its drain', async () => {
    const a = join('10.77.0.1')
    const b = join('10.77.0.2')
    b.stall()
    await a.send(112, '224.0.0.18', payload('one'))
    await a.send(253, '10.77.0.2', payload('two'))
    clock.advance(5000)
    expect(texts('10.77.0.2')).toEqual([])
    b.resume()
    expect(await b.drain()).toBe(2)
    expect(texts('10.77.0.2')).toEqual(['one', 'two'])
    expect(await b.drain()).toBe(0)
  })

  test('without a drain the timers that are due fire before what waits is delivered', async () => {
    const a = join('10.77.0.1')
    const b = join('10.77.0.2')
    b.stall()
    await a.send(112, '224.0.0.18', payload('advert'))
    clock.jumpTo(10)
    clock.advance(0)
    clock.setTimer(0, () => heard.get('10.77.0.2')?.push({ ...nothing, text: 'master down' }))
    b.resume()
    clock.advance(0)
    expect(texts('10.77.0.2')).toEqual(['master down', 'advert'])
  })

  test('a closed port neither sends nor hears, also not what was under way', async () => {
    const a = join('10.77.0.1')
    const b = join('10.77.0.2')
    await a.send(253, '10.77.0.2', payload('late'))
    b.close()
    clock.advance(2)
    expect(texts('10.77.0.2')).toEqual([])
    expect(await b.send(253, '10.77.0.1', payload('x'))).toMatchObject({ code: 'EBADF' })
  })

  test('sockets stay deaf when their interface comes back, until they are opened again', async () => {
    const a = join('10.77.0.1')
    const b = join('10.77.0.2')
    b.fail()
    expect(await b.send(112, '224.0.0.18', payload('x'))).toMatchObject({ code: 'ENODEV' })
    expect(b.open('eth0', '10.77.0.2', { packet() {}, error() {} })).toMatchObject({ code: 'ENODEV' })
    b.repair()
    await a.send(253, '10.77.0.2', payload('unheard'))
    clock.advance(2)
    const again = join('10.77.0.2')
    await a.send(253, '10.77.0.2', payload('heard'))
    clock.advance(2)
    expect(texts('10.77.0.2')).toEqual(['heard'])
    again.raiseError(112, 'polling failed')
    expect(texts('10.77.0.2')).toEqual(['heard', 'polling failed'])
  })

  test('what the kernel would refuse is refused', async () => {
    const a = join('10.77.0.1')
    expect(await a.send(253, 'nowhere', payload('x'))).toMatchObject({ code: 'EINVAL' })
    expect(await a.send(253, '10.77.0.2', new Uint8Array(1481))).toMatchObject({ code: 'EMSGSIZE' })
    expect(subnet.createPort().open('eth0', 'me', { packet() {}, error() {} })).toMatchObject({ ok: false })
  })
})
