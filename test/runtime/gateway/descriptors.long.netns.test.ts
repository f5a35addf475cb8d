import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'

const RESTARTS = 10
const SCRIPT = new URL('../fixtures/restart-actors.ts', import.meta.url)
/** A thread that comes or goes at the moment of the count has a few of its own. */
const UNDER_WAY = 3

interface Outcome {
  readonly names: readonly string[]
  readonly before: Readonly<Record<string, number>>
  readonly after: Readonly<Record<string, number>>
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0)

describeInNamespaces('descriptors of actors that are restarted', { programs: ['nft'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-restarts-'))
  afterAll(() => namespaces.close())
  afterAll(() => rmSync(folder, { recursive: true }))

  async function restarted(mode: 'kernel' | 'workers', rounds: number, how: 'crash' | 'stall'): Promise<Outcome> {
    const [host] = namespaces.subnet('10.0.0.1/24').members
    const running = host!.startScript(SCRIPT, mode, `${rounds}`, how, join(folder, `${mode}-${how}.sock`))
    return JSON.parse(await running.nextLine()) as Outcome
  }

  test.each(['workers', 'kernel'] as const)(
    `are closed with a thread that crashes: as many after ${RESTARTS} crashes of each actor as before (%s mode)`,
    async (mode) => {
      const { names, before, after } = await restarted(mode, RESTARTS, 'crash')
      expect(names).toEqual(
        expect.arrayContaining(['watcher', 'announcer', 'raw-ip', 'stats-reporter', 'port-monitor']),
      )
      expect(sum(after), JSON.stringify({ before, after })).toBeLessThanOrEqual(sum(before) + UNDER_WAY)
    },
    600_000,
  )

  test('are closed with a thread that the watchdog ends', async () => {
    const { names, before, after } = await restarted('kernel', 2, 'stall')
    expect(names).toEqual(expect.arrayContaining(['watcher', 'announcer', 'fast-path']))
    expect(sum(after), JSON.stringify({ before, after })).toBeLessThanOrEqual(sum(before) + UNDER_WAY)
  }, 600_000)
})
