import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type ContinuedPort,
  continuedPorts,
  firstPorts,
  redirectsOf,
} from '../../../actors/fast-path/ruleset/continued-ports.ts'
import { changeOf } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Ruleset, RulesetRedirect } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces, type RunningProgram } from '../../namespaces.ts'
import { apply, CLIENT_OF_EACH, KernelGroup, VIP, VIP6 } from './kernel-group.ts'
import { slotsOf } from './rulesets.ts'

const FIRST: readonly RulesetRedirect[] = [
  { originalPorts: [80], proxyPort: 9080 },
  { originalPorts: [7000], proxyPort: 7001 },
]
/** Owns every slot, and is not the director: its answers go straight to the client. */
const OWNER = 2

/** Connections that are open while the redirects change, at a node that is not the director. */
describeInNamespaces('other redirects while connections are open', { programs: ['nft', 'curl'] }, (namespaces) => {
  let group: KernelGroup
  let ports: readonly ContinuedPort[] = firstPorts(FIRST)
  let proxy: RunningProgram
  const open: RunningProgram[] = []

  const changesOf = (now: readonly ContinuedPort[]): Partial<Ruleset> => {
    const endingPorts = now.flatMap(({ originalPort, ending }) => (ending ? [originalPort] : []))
    return { redirects: redirectsOf(now), endingPorts, slots: slotsOf(() => OWNER) }
  }
  /** As a reload has it done, on all gateways. */
  async function change(redirects: readonly RulesetRedirect[]): Promise<void> {
    const next = continuedPorts(ports, redirects).ports
    for (const [index, gateway] of group.gateways.entries()) {
      const [before, after] = [ports, next].map((each) => group.rulesetOf(gateway, index === 0, changesOf(each)))
      const script = changeOf(before!, after!)
      if (script !== undefined) await apply(gateway.namespace, script)
    }
    ports = next
  }
  const ask = async (program: RunningProgram): Promise<string> => {
    program.process.stdin!.write('\n')
    return program.nextLine()
  }
  const connect = async (host: string, port: number, source: string): Promise<RunningProgram> => {
    const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
    const program = group.client.startScript(script, host, `${port}`, source)
    expect(await program.nextLine()).toBe('connected')
    return program
  }

  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    group.addClients(...Object.keys(CLIENT_OF_EACH))
    await group.startProxies(9080, 9081)
    const speaking = new URL('./fixtures/speaking-proxy.ts', import.meta.url)
    proxy = group.gateways[OWNER - 1]!.namespace.startScript(speaking, '7001')
    await proxy.nextLine()
    await group.direct(group.gateways[0], changesOf(ports))
    open.push(await connect(VIP, 80, '10.77.0.101'), await connect(VIP6, 80, 'fd00:77::101'))
    open.push(await connect(VIP, 7000, '10.77.0.101'), await connect(VIP6, 7000, 'fd00:77::101'))
  }, 30_000)
  afterAll(() => namespaces.close())

  /** Those that ask are answered, and those to whom the server speaks first hear it. */
  async function allLive(word: string): Promise<void> {
    expect(await ask(open[0]!)).toMatch(/node-2 10\.77\.0\.101 9080/)
    expect(await ask(open[1]!)).toMatch(/node-2 fd00:77::101 9080/)
    proxy.process.stdin!.write(`${word}\n`)
    expect([await open[2]!.nextLine(), await open[3]!.nextLine()]).toEqual([word, word])
  }

  it('one more original port for a proxy port: it is served, and what is open by the first goes on, whoever speaks first', async () => {
    await allLive('before')
    await change([
      { originalPorts: [81, 80], proxyPort: 9080 },
      { originalPorts: [7002, 7000], proxyPort: 7001 },
    ])
    proxy.process.stdin!.write('first\n')
    expect([await open[2]!.nextLine(), await open[3]!.nextLine()]).toEqual(['first', 'first'])
    for (const [host, source] of [
      [VIP, '10.77.0.102'],
      [`[${VIP6}]`, 'fd00:77::102'],
    ] as const) {
      for (const port of [80, 81]) {
        expect(await group.ask(`${host}:${port}/`, '--interface', source)).toBe(`node-2 ${source} 9080`)
      }
    }
    open.push(await connect(VIP, 81, '10.77.0.103'))
    await allLive('with another port beside it')
  })

  it('a redirect that is removed: what is open goes on, and new connections are refused at once', async () => {
    await change([{ originalPorts: [7002], proxyPort: 7001 }])
    await allLive('ending')
    expect(await ask(open[4]!)).toMatch(/node-2 10\.77\.0\.103 9080/)
    for (const [host, source] of [
      [VIP, '10.77.0.102'],
      [`[${VIP6}]`, 'fd00:77::102'],
    ] as const) {
      for (const port of [80, 81, 7000])
        expect(await group.ask(`${host}:${port}/`, '--interface', source)).toBe('curl ended with 7')
    }
  })

  it('and added again: new ones are served, and the old ones have not noticed', async () => {
    await change([
      { originalPorts: [80], proxyPort: 9080 },
      { originalPorts: [7002, 7000], proxyPort: 7001 },
    ])
    expect(await group.ask(`${VIP}:80/`, '--interface', '10.77.0.102')).toBe('node-2 10.77.0.102 9080')
    await allLive('again')
  })

  it('with another proxy port: new connections go there, and the client of an old one is told with its next segment', async () => {
    await change([
      { originalPorts: [80], proxyPort: 9081 },
      { originalPorts: [7000], proxyPort: 7001 },
    ])
    expect(await group.ask(`${VIP}:80/`, '--interface', '10.77.0.102')).toBe('node-2 10.77.0.102 9081')
    expect(await ask(open[0]!)).toMatch(/lost: .*ECONNRESET/)
    proxy.process.stdin!.write('others go on\n')
    expect(await open[2]!.nextLine()).toBe('others go on')
  })
})
