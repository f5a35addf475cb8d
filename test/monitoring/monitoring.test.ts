import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { emptyHistogram } from '../../runtime/actor-system/inspection/histogram.ts'
import { actorOf, ask, InspectedGateway } from '../actors/inspector/gateway-fixture.ts'
import { describeWith } from '../programs.ts'

const fileOf = (name: string): string => fileURLToPath(new URL(`../../docs/monitoring/${name}`, import.meta.url))

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly refId: string; readonly expr: string }[]
}
const dashboard: { readonly schemaVersion: number; readonly uid: string; readonly panels: readonly Panel[] } =
  JSON.parse(readFileSync(fileOf('dashboard.json'), 'utf8'))
const alerts = readFileSync(fileOf('alerts.yaml'), 'utf8')

let gateway: InspectedGateway
beforeEach(async () => {
  gateway = new InspectedGateway()
  await gateway.start()
  const took = [{ port: 3128, took: emptyHistogram }]
  const monitor = await gateway.controls['port-monitor']!.describe!()
  gateway.controls['port-monitor'] = { describe: async () => ({ ...(monitor as object), checks: took }) }
  gateway.controls.supervisor = { actors: async () => [actorOf('elector', { handling: emptyHistogram })] }
})
afterEach(() => gateway.close())
const scraped = async () => (await ask(gateway.port, '/metrics')).body

/** All metrics that an expression names. */
const metricsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:proxyha|process|nodejs)_\w+/g)].map(([name]) => name)

test('dashboard and alerts ask for metrics that there are', async () => {
  const there = new Set((await scraped()).split('\n').map((line) => /^\w+/.exec(line)?.[0]))
  const asked = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)))
  const rules = alerts.split('\n').filter((line) => line.includes('expr:'))
  expect(asked.length).toBeGreaterThan(20)
  expect(rules.length).toBeGreaterThan(8)
  for (const name of [...asked, ...rules.flatMap(metricsIn)]) expect([name, there.has(name)]).toEqual([name, true])
})

describe('the dashboard', () => {
  test('is of a version that Grafana reads, and has an id of its own', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
    expect(dashboard.uid).toBe('proxyha')
  })

  test('has panels with ids and names of their own, each with something to show', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    for (const { title, targets } of panels) {
      expect([title, targets.length > 0]).toEqual([title, true])
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
    }
  })

  test('has no panel upon another, and none beside the grid of 24 columns', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })
})

const promtool = (...parameters: readonly string[]): string =>
  execFileSync('promtool', parameters, { encoding: 'utf8' })

describeWith(['promtool'], 'promtool', () => {
  test('finds nothing wrong with what is scraped', async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await scraped(),
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })

  test('takes the alerts, and their tests hold', () => {
    expect(promtool('check', 'rules', fileOf('alerts.yaml'))).toContain('SUCCESS: 10 rules found')
    expect(promtool('test', 'rules', fileURLToPath(new URL('alerts.test.yaml', import.meta.url)))).toContain('SUCCESS')
  })
})
