import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClientRoute } from '../../actors/dispatcher/messages.ts'
import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { Doctor } from './doctor/doctor.ts'
import { CLIENTS, type GatewayNode, Group, until, VIP } from './group.ts'
import { spreadByKernel } from './survival.ts'

const PATIENCE_MS = 30_000
const [HEAVY, LIGHT] = [CLIENTS[0]!, CLIENTS[1]!]
/** The proxies listen there as well, and no redirect has it. */
const BESIDE = 2121

describeInNamespaces('the figures of kernel mode', { programs: ['squid', 'curl', 'nft'] }, (namespaces) => {
  let group: Group
  let doctor: Doctor
  let director: GatewayNode

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89], settings: 'forwarding: kernel' })
    doctor = new Doctor(group)
    director = group.nodes[0]!
    for (const node of group.nodes) {
      node.startProxy(`3128\nhttp_port ${BESIDE}`)
      node.startGateway()
    }
    await group.settled(0, 2, 60_000)
    // Who comes while slots move is pinned where it was.
    await spreadByKernel(group)
    const isServed = async () => (await group.fetch(LIGHT)) !== undefined
    await until(isServed, PATIENCE_MS, () => 'the first answer')
  }, 120_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Connections of a client that stay; resolves once all are there. */
  async function connect(client: string, port: number, count: number): Promise<RunningProgram> {
    const script = `const net = require('node:net'); let there = 0
      for (let number = 0; number < ${count}; number++)
        net.connect({ host: '${VIP}', port: ${port}, localAddress: '${client}' }, function () {
          this.write('GET '); if (++there === ${count}) console.log('all')
        })`
    const program = group.client.start(process.execPath, ['-e', script])
    expect(await program.nextLine()).toBe('all')
    return program
  }
  const totals = async () => {
    const status = (await director.status()) as unknown as GatewayStatus
    return status.nodes.reduce((sum, { totalConnections }) => sum + (totalConnections ?? Number.NaN), 0)
  }
  const which = async (client: string) => (await director.get(`/which?client=${client}`)) as ClientRoute

  it('a client has its connections, and is pinned by them; without one it is where its slot is', async () => {
    const kept = await connect(HEAVY, 8080, 24)
    await until(async () => (await which(HEAVY)).activeConnections === 24, PATIENCE_MS, 'the word of the node')
    expect(await which(HEAVY)).toMatchObject({ reason: 'pin', activeConnections: 24 })
    const listed = (await director.get('/clients')) as readonly ClientRoute[]
    expect(listed.find(({ client }) => client === HEAVY)).toMatchObject({ reason: 'pin', activeConnections: 24 })
    const table = await director.proxyha('clients', '-s', director.socket)
    expect(table.stdout).toMatch(new RegExp(`^${HEAVY} .* pin .* 24 `, 'm'))
    expect((await doctor.found(director, 'dominant-client')).text).toContain(HEAVY)
    await kept.stop()
    let last: ClientRoute | undefined
    await until(
      async () => {
        last = await which(HEAVY)
        return last.activeConnections === 0
      },
      PATIENCE_MS,
      () => `no connections: ${JSON.stringify(last)}`,
    )
    expect(last).toMatchObject({ reason: 'slot', activeConnections: 0 })
  }, 120_000)

  it('connections that began are counted by the node, also over a change of the tables', async () => {
    // Who has just ceased to be director may hand on the first ones.
    const isCounted = async () => {
      await group.fetch(LIGHT)
      return (await totals()) > 0
    }
    await until(isCounted, PATIENCE_MS, () => 'the first connection')
    // A node says what it has counted a second later at most, and the director hears it with the next beacon.
    const reached = (wanted: number) => {
      let last = Number.NaN
      const isReached = async () => {
        last = await totals()
        return last === wanted
      }
      return until(isReached, PATIENCE_MS, () => `${wanted} connections in all: ${last}`)
    }
    let [before, sinceMs] = [Number.NaN, 0]
    const isAtRest = async () => {
      const now = await totals()
      if (now !== before) [before, sinceMs] = [now, performance.now()]
      return performance.now() - sinceMs > 3000
    }
    await until(isAtRest, PATIENCE_MS, () => 'all connections to be told')
    expect(await group.fetch(LIGHT)).toBeDefined()
    await reached(before + 1)
    const other = group.nodes[1]!.address
    for (const order of ['drain', 'undrain']) {
      await director.proxyha(order, other, '-s', director.socket)
    }
    expect(await group.fetch(LIGHT)).toBeDefined()
    await reached(before + 2)
  }, 60_000)

  it('clients on a port that no redirect has, which the proxy of the director serves alone, are found', async () => {
    const beside = await connect(LIGHT, BESIDE, 1)
    expect(await doctor.found(director, 'past-redirects')).toMatchObject({
      text: `clients use a virtual IP on port ${BESIDE}, which no redirect has: the director alone serves them`,
      evidence: [`connected now: ${LIGHT}`, 'the proxy of this node listens there, too'],
    })
    await beside.stop()
  }, 60_000)

  it('a gateway that is killed and starts again knows who is pinned where', async () => {
    const kept = await connect(HEAVY, 8080, 1)
    const pinned = () => until(async () => (await which(HEAVY)).reason === 'pin', PATIENCE_MS, 'the pin')
    // Where it is by its slot says nothing of where it is pinned in a moment.
    await pinned()
    const { node } = await which(HEAVY)
    await director.stopGateway('SIGKILL')
    director.startGateway()
    await group.settled(0, 2, 60_000)
    await pinned()
    expect((await which(HEAVY)).node).toBe(node)
    await kept.stop()
  }, 120_000)
})
