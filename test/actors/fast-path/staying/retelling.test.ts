import { describe, expect, test } from 'vitest'
import { group, heard, role, SILENT, Stepped, WORKS } from '../stepped.ts'

const OWN_MARK = 1
const OTHER_MARK = 2
const slots = (mark: number) => new Uint8Array(4096).fill(mark)
const third = { address: '10.0.0.3', mark: 3, mac: '02:00:00:00:00:03', self: false, ...WORKS }
const all = [...group().nodes, third]

/** Which clients it names then, of those that it has. */
function named(fastPath: Stepped, nowMs: number, ...clients: string[]): readonly string[] | undefined {
  fastPath.take('send')
  fastPath.at(nowMs).give({ type: 'clientsRead', clients: { ok: true, value: heard(...clients) } })
  return fastPath.said()?.clients.map(({ address }) => address)
}

describe('a node that was cut off', () => {
  const alone = all.map((node) => (node.self ? node : { ...node, ...SILENT }))
  const back = (change: Parameters<typeof group>[0] = {}) => group({ nodes: all, slots: slots(OTHER_MARK), ...change })
  const cutOff = () =>
    new Stepped()
      .running(back())
      .at(60_000)
      .give(back({ nodes: alone }))
      .settle()
  const moved = { generation: 5, slots: slots(3) }

  test('goes by the slots that it has missed: they may have moved long ago, and their clients be new ones', () => {
    const fastPath = cutOff().at(66_000).give(back()).at(66_100).give(back(moved))
    expect(fastPath.state.former).toBeNull()
    expect(fastPath.give(role('director')).settle().state.former).toBeNull()
  })

  test('keeps what may be at a node that is not heard, and cannot say it', () => {
    const nodes = all.map((node) => (node.address === '10.0.0.2' ? { ...node, ...SILENT } : node))
    const fastPath = cutOff()
      .at(66_000)
      .give(back({ nodes, ...moved }))
    expect(fastPath.state.former?.[0]).toBe(OTHER_MARK)
  })

  test('names all its clients, as one that has just started: others may have given its slots back', () => {
    const fastPath = cutOff().at(66_000).give(back())
    fastPath.give(back({ generation: 5, slots: slots(OWN_MARK) }))
    expect([named(fastPath, 66_100, '10.0.9.1'), named(fastPath, 72_000, '10.0.9.1')]).toEqual([['10.0.9.1'], []])
  })

  test.each([
    ['the second move that it hears of', 66_200],
    ['one that comes long after it is back', 72_000],
  ])('takes %s for a new one', (_, nowMs) => {
    const fastPath = cutOff().at(66_000).give(back())
    if (nowMs < 70_000) fastPath.give(back(moved)).settle()
    const owner = fastPath.state.slotsInForce?.[0]
    fastPath.at(nowMs).give(back({ generation: 6, slots: slots(OWN_MARK) }))
    expect(fastPath.state.former?.[0]).toBe(owner)
  })

  test('takes what it deals itself for new, whoever is back', () => {
    const deals = { dealtHere: true }
    const fastPath = new Stepped()
      .running(back(deals))
      .give(back({ nodes: alone, ...deals }))
      .settle()
    fastPath.give(back({ ...moved, ...deals }))
    expect(fastPath.state.former?.[0]).toBe(OTHER_MARK)
  })
})

describe('a node that hears another one again', () => {
  const away = all.map((node) => (node.address === '10.0.0.3' ? { ...node, ...SILENT } : node))
  const own = (change: Parameters<typeof group>[0] = {}) => group({ nodes: all, slots: slots(OWN_MARK), ...change })
  /** All slots come to it at 60 s; the third node falls silent, and is back at 90 s. */
  const isBack = (silentAtMs: number) =>
    new Stepped()
      .running(own({ slots: slots(OTHER_MARK) }))
      .at(60_000)
      .give(own({ generation: 5 }))
      .settle()
      .at(62_000)
      .expire('settle')
      .at(silentAtMs)
      .give(own({ generation: 5, nodes: away }))
      .at(90_000)
      .give(own({ generation: 5 }))

  test('names its clients of slots that have moved since that was heard last, for five seconds', () => {
    const fastPath = isBack(70_000)
    expect([named(fastPath, 94_999, '10.0.9.1'), named(fastPath, 95_000, '10.0.9.1')]).toEqual([['10.0.9.1'], []])
  })

  test('and no others: those are where that knows them to be', () => {
    expect(named(isBack(70_001), 90_001, '10.0.9.1') ?? []).toEqual([])
  })
})
