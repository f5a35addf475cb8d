import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Doctor } from './doctor/doctor.ts'
import { type GatewayNode, Group, START_PATIENCE_MS, type Status, until } from './group.ts'
import { LongConnections, spreadByKernel, startNamedServers } from './survival.ts'

const PORT = 8080
/** A node is stale after three of them, and none of the group any more after 60. */
const BEACONS_MS = 200
const GONE_MS = 60 * BEACONS_MS
const PATIENCE_MS = 60_000
const CLIENTS = Array.from({ length: 24 }, (_, index) => `10.88.1.${index + 1}`)

type ShownNode = Status['nodes'][number] & {
  readonly left: boolean
  readonly missing: boolean
  readonly missingSince: string | null
  readonly lastSeenMs: number
}

/** How that node shows another one; undefined where it does not. */
async function shown(at: GatewayNode, node: GatewayNode): Promise<ShownNode | undefined> {
  const nodes = ((await at.status())?.nodes ?? []) as readonly ShownNode[]
  return nodes.find(({ address }) => address === node.address)
}

const warningsOf = async (at: GatewayNode, node: GatewayNode) =>
  ((await at.status())?.warnings ?? []).filter((warning) => warning.includes(`${node.name} (${node.address})`))

const missingText = (node: GatewayNode) =>
  new RegExp(
    `^${node.name} \\(${node.address}\\) is missing since \\d{4}-.*Z: .* If it is not to come back: proxyha forget ${node.address}$`,
  )

/** Waits until it is a warning there, or until none is left. */
const warned = (at: GatewayNode, node: GatewayNode, pattern: RegExp | null) =>
  until(
    async () => {
      const warnings = await warningsOf(at, node)
      return pattern === null ? warnings.length === 0 : warnings.some((warning) => pattern.test(warning))
    },
    PATIENCE_MS,
    `${at.name} to warn of ${node.name}: ${pattern}`,
  )

/** Waits for a line of that gateway's log. */
async function logged(at: GatewayNode, pattern: RegExp): Promise<void> {
  for (;;) if (pattern.test(await at.gateway!.nextLine())) return
}

/** Until it has been silent for so long that it is none of the group any more. */
const gone = (at: GatewayNode, node: GatewayNode) =>
  until(
    async () => ((await shown(at, node))?.lastSeenMs ?? 0) > GONE_MS + 1000,
    PATIENCE_MS,
    `${node.name} to be gone for ${at.name}`,
  )

/** One sample of its metrics page. */
/** Metrics are of a moment ago. */
const metricIs = (at: GatewayNode, sample: string, value: number) =>
  until(async () => (await metricsOf(at, sample)) === value, PATIENCE_MS, `${at.name} to have ${sample} ${value}`)

async function metricsOf(at: GatewayNode, sample: string): Promise<number> {
  const { stdout } = await at.namespace.run('curl', ['-s', '--unix-socket', at.socket, 'http://proxyha/metrics'])
  return Number(
    stdout
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length),
  )
}

const forget = (at: GatewayNode, ...words: string[]) => at.proxyha('forget', ...words, '-s', at.socket)

/** In kernel mode, where connections outlive their node's gateway; who is there is found in one way in both. */
describe.each(['kernel'])('nodes that do not serve, in %s mode', { timeout: 3 * PATIENCE_MS }, (mode) => {
  describeInNamespaces(mode, { programs: ['curl', 'nft'] }, (namespaces) => {
    let group: Group
    let doctor: Doctor
    let director: GatewayNode
    let bystander: GatewayNode
    let dead: GatewayNode

    beforeAll(async () => {
      const settings = `forwarding: ${mode}\nbeacons: { interval: ${BEACONS_MS}ms }`
      group = new Group(namespaces, { priorities: [99, 89, 79], settings })
      doctor = new Doctor(group)
      ;[director, bystander, dead] = group.nodes as [GatewayNode, GatewayNode, GatewayNode]
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, 2 * START_PATIENCE_MS)
      await spreadByKernel(group)
    }, 4 * START_PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    it('one whose gateway is killed is missing at once, on the director and on a bystander, and stays so', async () => {
      const downloads = new LongConnections(group, PORT, CLIENTS)
      const { nodes } = await downloads.next()
      expect(nodes[dead.name]).toBeGreaterThan(0)
      await dead.stopGateway('SIGKILL')
      for (const at of [director, bystander]) await warned(at, dead, missingText(dead))
      for (const at of [director, bystander]) {
        await logged(at, new RegExp(`${dead.name} \\(${dead.address}\\) is missing: it was not heard for`))
        await metricIs(at, 'proxyha_warnings{code="node-stale"}', 1)
      }
      const early = await shown(director, dead)
      expect(early).toMatchObject({ state: 'stale', missing: true, left: false })
      await gone(director, dead)
      const late = await shown(director, dead)
      expect(late).toMatchObject({ state: 'stale', missing: true, left: false, slots: 0 })
      expect(Math.abs(Date.parse(late!.missingSince!) - Date.parse(early!.missingSince!))).toBeLessThanOrEqual(1000)
      for (const at of [director, bystander]) {
        await warned(at, dead, missingText(dead))
        expect((await doctor.examine(at)).findings).toMatchObject([{ code: 'node-stale', level: 'warning' }])
      }
      await metricIs(director, 'proxyha_nodes{state="stale"}', 1)
      const text = (await director.proxyha('status', '-s', director.socket)).stdout
      expect(text).toMatch(new RegExp(`${dead.name} +${dead.address} +scanning +missing`))
      expect(text).toMatch(/is missing since /)
      // Its proxy lives, and so does what clients have opened there. In workers mode that comes by the director anyway.
      await downloads.allLive()
      await downloads.stop()
    })

    it('a director that has begun anew learns of it from the others', async () => {
      await director.get('/test/crash?actor=discovery')
      await until(
        async () =>
          (await shown(director, dead))?.missing === true && (await shown(director, bystander))?.state === 'ok',
        PATIENCE_MS,
        `${director.name} to miss ${dead.name} again`,
      )
    })

    it('the next director misses it, too', async () => {
      await director.stopGateway('SIGKILL')
      await group.settled(1, 1, PATIENCE_MS)
      for (const node of [dead, director]) {
        await warned(bystander, node, missingText(node))
        expect(await shown(bystander, node)).toMatchObject({ missing: true })
      }
      const { code, findings } = await doctor.examine(bystander)
      expect([code, findings.map((finding) => [finding.code, finding.level])]).toEqual([
        1,
        expect.arrayContaining([['alone', 'warning']]),
      ])
      director.startGateway()
      await group.settled(0, 2, PATIENCE_MS)
      expect(await shown(director, dead)).toMatchObject({ missing: true })
      await warned(director, dead, missingText(dead))
    })

    it('who is unknown, or lives, is not forgotten: exit 1', async () => {
      expect(await forget(director, 'pluto')).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('no node pluto'),
      })
      for (const living of [director.name, bystander.address]) {
        const { code, stderr } = await forget(director, living)
        expect([code, stderr]).toEqual([1, expect.stringContaining('who is heard is not forgotten')])
      }
      expect((await director.proxyha('forget', '--help')).stdout).toContain('Exit codes: 0 it is forgotten, 1 refused')
    })

    it('it is missed no more once it is back', async () => {
      dead.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      for (const at of [director, bystander]) await warned(at, dead, null)
      await logged(bystander, new RegExp(`${dead.name} \\(${dead.address}\\) is back`))
      expect(await shown(director, dead)).toMatchObject({ state: 'ok', missing: false, missingSince: null })
    })

    it('one that is unplugged is missing until it is forgotten: by all, and the next director does not miss it', async () => {
      dead.setCable(false)
      await warned(director, dead, missingText(dead))
      await gone(director, dead)
      expect(await forget(director, dead.name)).toEqual({
        code: 0,
        stdout: `${dead.name} (${dead.address}) is forgotten\n`,
        stderr: '',
      })
      for (const at of [director, bystander]) await warned(at, dead, null)
      expect(await shown(director, dead)).toBeUndefined()
      expect((await doctor.examine(director)).code).toBe(0)
      dead.setCable(true)
      await group.settled(0, 3, PATIENCE_MS)
    })

    it('one that stopped in order has left, and nobody is warned; nor later', async () => {
      await dead.stopGateway()
      await until(async () => (await shown(director, dead))?.left === true, PATIENCE_MS, `${dead.name} to have left`)
      await gone(director, dead)
      expect(await shown(director, dead)).toMatchObject({
        state: 'stale',
        left: true,
        missing: false,
        missingSince: null,
      })
      for (const at of [director, bystander]) expect(await warningsOf(at, dead)).toEqual([])
      await metricIs(director, 'proxyha_nodes{state="left"}', 1)
      await metricIs(director, 'proxyha_nodes{state="stale"}', 0)
      expect((await director.proxyha('status', '-s', director.socket)).stdout).toMatch(/ scanning +left/)
      expect((await doctor.examine(director)).code).toBe(0)
    })

    it('one whose proxy has failed is a warning in the same words on all', async () => {
      dead.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      await bystander.stopProxy()
      for (const at of group.nodes) {
        await warned(
          at,
          bystander,
          new RegExp(`^${bystander.name} \\(${bystander.address}\\) has failed on port 3128$`),
        )
      }
      await metricIs(director, 'proxyha_warnings{code="node-failure"}', 1)
    })
  })
})
