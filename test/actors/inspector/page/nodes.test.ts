import { expect, test } from 'vitest'
import { flowsOf, groupPicture } from '../../../../actors/inspector/page/group-picture.js'
import { conditionOf, oldOf, sinceOf } from '../../../../actors/inspector/page/knowledge.js'
import type { Markup } from '../../../../actors/inspector/page/markup.js'
import { h, textOf } from '../../../../actors/inspector/page/markup.js'
import { nodeCards } from '../../../../actors/inspector/page/node-cards.js'
import { entryOf, JUPITER, known, NODES, NOW_MS, nodeOf, OPERATOR, statusOf } from './known.ts'

const all = (markup: Markup | string): readonly Markup[] =>
  typeof markup === 'string' ? [] : [markup, ...markup.children.flatMap(all)]
const withClass = (markup: Markup, name: string) =>
  all(markup).filter(({ attributes }) => `${attributes.class}`.split(' ').includes(name))

test.each([
  [{}, 'serves', 'ok'],
  [{ state: 'failure', failedPorts: [3128] }, 'port 3128 fails', 'failure'],
  [{ state: 'stale', missing: true }, 'missing', 'failure'],
  [{ state: 'stale', left: true }, 'left', 'gone'],
  [{ state: 'draining' }, 'draining', 'warning'],
  [{ state: 'draining', drained: true }, 'drained', 'warning'],
  [{ state: 'draining', maint: true }, 'in maintenance', 'warning'],
  [{ overloaded: true }, 'overloaded', 'warning'],
  [{ slowStart: 0.4 }, 'slow start, 40 %', 'ok'],
] as const)('a node that is %j is in words: %s', (change, word, level) => {
  expect(conditionOf(nodeOf('saturn', change))).toEqual({ word, level })
})

test('figures are old from three beacons on', () => {
  expect(oldOf(nodeOf('saturn', { ageMs: 1200 }))).toBeNull()
  expect(oldOf(nodeOf('saturn', { ageMs: 5000 }))).toBe(5000)
})

test('a node is as it is since its last event that says so, or since it is missing', () => {
  const timeline = [
    entryOf('nodeReturned', 'saturn', 90),
    entryOf('drain', 'saturn', 60),
    entryOf('undrain', 'saturn', 30, { by: 'the control socket' }),
    entryOf('warning', 'saturn', 5),
  ]
  expect(sinceOf(nodeOf('saturn'), timeline)).toBe(NOW_MS - 60_000)
  expect(sinceOf(nodeOf('saturn', { missingSince: '2026-03-01T02:00:00Z' }), timeline)).toBe(NOW_MS - 3_600_000)
  expect(sinceOf(nodeOf('uranus'), timeline)).toBeNull()
})

test('arrows are as thick as the new connections, and as the slots while there are none', () => {
  const rate = (s10: number) => ({ connectionsPerS: { s1: 0, s10, s60: 0 } })
  expect(flowsOf([nodeOf('jupiter', rate(30)), nodeOf('saturn', rate(10))])).toEqual({
    isMoving: true,
    perS: 40,
    shares: [0.75, 0.25],
  })
  expect(flowsOf([nodeOf('jupiter', { slots: 1024 }), nodeOf('saturn', { slots: 3072 })])).toEqual({
    isMoving: false,
    perS: null,
    shares: [0.25, 0.75],
  })
  expect(flowsOf([nodeOf('jupiter', { slots: 0 })]).shares).toEqual([0])
})

test.each([1000, 360])(
  'the picture of %i px has no arrow to a node that gets nobody, and says all in words',
  (width) => {
    const nodes = [
      JUPITER,
      nodeOf('saturn', { slots: 2731 }),
      nodeOf('uranus', { slots: 0, state: 'failure', failedPorts: [3128] }),
    ]
    const picture = groupPicture(known({ status: statusOf({ nodes }) }), width)
    expect(withClass(picture, 'node').map((one) => withClass(one, 'flow').length)).toEqual([1, 1, 0])
    expect(picture.attributes['aria-label']).toContain('Virtual IP 10.0.0.5 held by jupiter')
    expect(picture.attributes['aria-label']).toContain('uranus port 3128 fails, 0 % of the clients')
    const right = all(picture).map(({ attributes: { x, width: wide } }) => Number(x ?? 0) + Number(wide ?? 0))
    expect(Math.max(...right.slice(1))).toBeLessThanOrEqual(width)
  },
)

test('a card says how old its figures are, turns its meters amber and red, and has a dash for what is not known', () => {
  const nodes = [nodeOf('saturn', { ageMs: 12_000, cpu: 0.85, memory: 0.95, totalConnections: null })]
  const [card] = nodeCards(known({ status: statusOf({ nodes }) }))
  expect(card?.attributes.class).toContain('old')
  expect(textOf(card!)).toContain('What is shown is 12 s old.')
  expect(withClass(card!, 'meter').map(({ attributes }) => attributes.class)).toEqual([
    'meter normal',
    'meter high',
    'meter very-high',
  ])
  expect(textOf(card!)).toMatch(/in all –/)
})

test('a card says where figures come from, how quick its proxies are, and why it has its share', () => {
  const node = nodeOf('saturn', { reachMs: 0.4, weightReason: 'capacity 100; nothing holds it back' })
  const [card] = nodeCards(known({ status: statusOf({ nodes: [node] }) }))
  const words =
    'Figures by its beacons · answers the director in 400 µs · why this share: capacity 100; nothing holds it back'
  expect(textOf(card!)).toContain(words)
})

test('the cards of a gateway that does not answer have no director, and no orders', () => {
  const cards = (trouble: string | null) => textOf(h('ul', {}, nodeCards(known({ trouble, access: OPERATOR }))))
  expect(cards(null)).toMatch(/director.*Drain/)
  expect(cards('No connection')).not.toContain('Drain')
  expect(cards('No connection')).not.toContain('director')
})

test('a card offers what may be ordered of its node, and nothing to whoever may only look', () => {
  const nodes = [
    ...NODES.slice(0, 1),
    nodeOf('saturn', { state: 'draining' }),
    nodeOf('uranus', { state: 'stale', missing: true }),
  ]
  const ordersIn = (access: typeof OPERATOR | null) =>
    nodeCards(known({ status: statusOf({ nodes }), access })).map((card) =>
      all(card).flatMap(({ attributes: { 'data-order': order } }) => (order === undefined ? [] : [String(order)])),
    )
  expect(ordersIn(OPERATOR)).toEqual([['drain', 'maint'], ['undrain', 'maint'], ['forget']])
  expect(ordersIn(null)).toEqual([[], [], []])
  expect(ordersIn({ ...OPERATOR, role: 'viewer', orders: [] })).toEqual([[], [], []])
})
