import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InterfaceTruth } from '../../../../../runtime/ports/netlink/kernel-events.ts'
import type { Result } from '../../../../../runtime/ports/result.ts'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../../../../namespaces.ts'

const FLOOD = new URL('../../fixtures/arp-flood.ts', import.meta.url)
const SESSION = new URL('../../fixtures/kernel-events-session.ts', import.meta.url)

describeInNamespaces('kernel events', { programs: ['arping'] }, (namespaces) => {
  let node: Namespace
  let peer: Namespace
  let session: RunningProgram
  let index: number

  /** The next line that is like this; what comes before it is left out. */
  async function next(expected: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    for (;;) {
      const line = JSON.parse(await session.nextLine())
      if (Object.entries(expected).every(([key, value]) => line[key] === value)) return line
    }
  }
  async function call(method: string, ...parameters: readonly unknown[]): Promise<unknown> {
    session.process.stdin?.write(`${JSON.stringify([method, ...parameters])}\n`)
    return await next({ ok: true })
  }
  async function read(): Promise<InterfaceTruth> {
    const result = (await call('read', 'eth0')) as unknown as Result<InterfaceTruth>
    if (!result.ok) throw new Error(result.reason)
    return result.value
  }

  beforeAll(async () => {
    ;[node, peer] = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24').members as [Namespace, Namespace]
    session = node.startScript(SESSION)
    index = (await read()).link?.index ?? 0
  })
  afterAll(() => namespaces.close())

  test('an address that is added, renewed and removed', async () => {
    const address = { type: 'address', interfaceIndex: index, address: '10.77.0.10', prefixLength: 24 }
    node.ip('address', 'add', '10.77.0.10/24', 'dev', 'eth0')
    await next({ ...address, present: true })
    expect((await read()).addresses).toMatchObject([{ address: '10.77.0.1' }, { address: '10.77.0.10' }, {}])
    node.ip('address', 'change', '10.77.0.10/24', 'dev', 'eth0', 'valid_lft', '60', 'preferred_lft', '60')
    await next({ ...address, present: true })
    node.ip('address', 'del', '10.77.0.10/24', 'dev', 'eth0')
    await next({ ...address, present: false })
  })

  test('a default route that is gained and lost', async () => {
    expect((await read()).defaultRoute).toBeNull()
    node.ip('route', 'add', 'default', 'via', '10.77.0.9', 'metric', '200')
    node.ip('route', 'add', 'default', 'via', '10.77.0.2', 'metric', '100')
    await next({ type: 'defaultRoute', interfaceIndex: index, present: true })
    expect((await read()).defaultRoute).toEqual({ gateway: '10.77.0.2' })
    node.ip('route', 'del', 'default', 'via', '10.77.0.2')
    await next({ type: 'defaultRoute', interfaceIndex: index, present: false })
    expect((await read()).defaultRoute).toEqual({ gateway: '10.77.0.9' })
  })

  test('of ARP, replies and announcements are seen; the questions of others are not', async () => {
    await call('watch', index, 'ipv4')
    const peerMac = JSON.parse(peer.ip('-j', 'link', 'show', 'eth0'))[0].address
    // Nobody has 10.77.0.77: a question of the peer, which every node gets to see.
    await peer.run('arping', ['-c', '1', '-w', '1', '-i', 'eth0', '10.77.0.77'])
    await peer.run('arping', ['-c', '1', '-w', '1', '-U', '-i', 'eth0', '-S', '10.77.0.2', '10.77.0.2'])
    const first = await next({ type: 'neighbour' })
    expect(first).toMatchObject({ form: 'announcement', senderAddress: '10.77.0.2', senderMac: peerMac })
    const ownMac = (await read()).link?.mac
    await node.run('arping', ['-c', '1', '-w', '1', '-i', 'eth0', '10.77.0.2'])
    const replied = await next({ type: 'neighbour', form: 'reply' })
    expect(replied).toMatchObject({ senderAddress: '10.77.0.2', senderMac: peerMac, targetMac: ownMac })
  })

  test('of IPv6, who answers for an address is seen', async () => {
    await call('watch', index, 'ipv4', 'ipv6')
    peer.ip('address', 'add', 'fd00:77::2/64', 'dev', 'eth0', 'nodad')
    node.ip('address', 'add', 'fd00:77::1/64', 'dev', 'eth0', 'nodad')
    const peerMac = JSON.parse(peer.ip('-j', 'link', 'show', 'eth0'))[0].address
    const ownMac = (await read()).link?.mac
    const sends = `const s = require('node:dgram').createSocket('udp6'); s.send('x', 9, 'fd00:77::2', () => s.close())`
    await node.run(process.execPath, ['-e', sends])
    const replied = await next({ type: 'neighbour', senderAddress: 'fd00:77::2' })
    expect(replied).toMatchObject({ form: 'reply', senderMac: peerMac, targetMac: ownMac })
  })

  test('of a flood of ARP a bounded part is looked at, and what comes a while after it is seen', async () => {
    const startedAtMs = performance.now()
    expect(await peer.runScript(FLOOD, '20000')).toBeGreaterThan(10_000)
    // The answer to this comes after all that was said before.
    let seen = 0
    session.process.stdin?.write(`${JSON.stringify(['read', 'eth0'])}\n`)
    for (let line = ''; !line.includes('"ok":true'); line = await session.nextLine()) {
      if (line.includes('10.77.0.77')) seen += 1
    }
    const seconds = Math.ceil((performance.now() - startedAtMs) / 1000) + 1
    expect(seen).toBeGreaterThan(0)
    expect(seen).toBeLessThanOrEqual(seconds * 500)
    await expect
      .poll(
        async () => {
          await peer.run('arping', ['-c', '1', '-w', '1', '-U', '-i', 'eth0', '-S', '10.77.0.2', '10.77.0.2'])
          session.process.stdin?.write(`${JSON.stringify(['read', 'eth0'])}\n`)
          let announced = false
          for (let line = ''; !line.includes('"ok":true'); line = await session.nextLine()) {
            if (line.includes('"announcement","senderAddress":"10.77.0.2"')) announced = true
          }
          return announced
        },
        { timeout: 10_000 },
      )
      .toBe(true)
  })

  test('more events than there is room for: an overrun is told, and listening goes on', async () => {
    session.process.kill('SIGSTOP')
    const changes = Array.from({ length: 3000 }, (_, change) => `link set eth0 mtu ${1400 + (change % 2)}`).join('\\n')
    await node.run('sh', ['-c', `printf '${changes}\\n' | ip -batch -`])
    session.process.kill('SIGCONT')
    await next({ type: 'overrun' })
    expect((await read()).link?.index).toBe(index)
    node.ip('address', 'add', '10.77.0.20/24', 'dev', 'eth0')
    await next({ type: 'address', address: '10.77.0.20', present: true })
    node.ip('address', 'del', '10.77.0.20/24', 'dev', 'eth0')
  })

  test('a link that goes down and up, gets another MAC, is deleted and made anew', async () => {
    const link = { type: 'link', interfaceName: 'eth0' }
    node.ip('link', 'set', 'eth0', 'down')
    await next(link)
    expect((await read()).link?.up).toBe(false)
    node.ip('link', 'set', 'eth0', 'address', '02:00:00:00:00:11')
    node.ip('link', 'set', 'eth0', 'up')
    await next(link)
    expect((await read()).link?.mac).toBe('02:00:00:00:00:11')
    node.ip('link', 'del', 'eth0')
    await next(link)
    expect(await read()).toEqual({ link: null, addresses: [], defaultRoute: null })
    node.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1')
    await next(link)
    const anew = (await read()).link
    expect(anew?.index).not.toBe(index)
    await call('watch', anew?.index, 'ipv4', 'ipv6')
  })
})
