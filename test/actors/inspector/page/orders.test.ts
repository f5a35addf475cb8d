import { expect, test } from 'vitest'
import { assignedView, routeView } from '../../../../actors/inspector/page/clients.js'
import { h, textOf } from '../../../../actors/inspector/page/markup.js'
import { askedOf, obstacleOf, progressOf } from '../../../../actors/inspector/page/orders.js'
import { known, nodeOf, OPERATOR, statusOf } from './known.ts'

const draining = (change: object) =>
  known({ status: statusOf({ nodes: [nodeOf('saturn', { state: 'draining', ...change })] }) })

test('an order names the node by its address, and the client as it is written', () => {
  const saturn = nodeOf('saturn')
  expect(askedOf('drain', { node: saturn })).toMatchObject({ path: 'drain?node=10.0.0.2', title: 'Drain saturn?' })
  expect(askedOf('failover', {}).path).toBe('failover')
  expect(askedOf('assign', { node: saturn, client: 'fd00::7' }).path).toBe('assign?client=fd00%3A%3A7&node=10.0.0.2')
})

test('a drain is followed from the order to the last connection', () => {
  const asked = askedOf('drain', { node: nodeOf('saturn') })
  const steps = [
    known(),
    draining({ activeConnections: 1200 }),
    draining({ activeConnections: 1 }),
    draining({ drained: true }),
  ]
  expect(steps.map((knowledge) => progressOf(asked, knowledge, {}))).toEqual([
    { text: 'saturn is being told.', isDone: false },
    { text: 'saturn drains: 1,200 connections left.', isDone: false },
    { text: 'saturn drains: 1 connection left.', isDone: false },
    { text: 'saturn is drained.', isDone: true },
  ])
})

test('a hand-over is done when another node leads', () => {
  const asked = askedOf('failover', {})
  expect(progressOf(asked, known(), {}).isDone).toBe(false)
  const silent = statusOf({ role: 'scanning', nodes: [nodeOf('jupiter', { self: true })] })
  expect(progressOf(asked, known({ status: silent }), {}).isDone).toBe(false)
  const taken = statusOf({ role: 'scanning', nodes: [nodeOf('saturn', { director: true })] })
  expect(progressOf(asked, known({ status: taken }), {})).toEqual({ text: 'saturn leads now.', isDone: true })
})

test('the end of a drain and the forgetting of a node are seen in the status', () => {
  const saturn = nodeOf('saturn')
  expect(progressOf(askedOf('undrain', { node: saturn }), draining({}), {}).isDone).toBe(false)
  expect(progressOf(askedOf('undrain', { node: saturn }), known(), {}).isDone).toBe(true)
  expect(progressOf(askedOf('forget', { node: saturn }), known(), {}).isDone).toBe(false)
  expect(progressOf(askedOf('forget', { node: saturn }), known({ status: statusOf({ nodes: [] }) }), {}).isDone).toBe(
    true,
  )
})

test('only the director hands over and announces; elsewhere it is said who that is', () => {
  expect(obstacleOf('failover', statusOf())).toBeNull()
  const scanning = statusOf({ role: 'scanning' })
  expect(obstacleOf('announce', scanning)).toBe(
    'Only the director announces; this node is not it, jupiter (10.0.0.1) is.',
  )
})

test('where a client goes is said with its reason, and who may assign it can, and take it back', () => {
  const route = { client: '10.1.0.7', slot: 9, node: '10.0.0.2', activeConnections: null, idleS: 3, sinceMs: 60_000 }
  const assigner = { ...OPERATOR, orders: ['/assign', '/unassign'] }
  const words = (reason: string, access = OPERATOR) =>
    textOf(h('div', {}, routeView({ ...route, reason } as never, known({ access }))))
  expect(words('slot')).toMatch(
    /goes to saturn \(10\.0\.0\.2\) because slot 9 is .* since 1 min open not known .* last seen 3 s ago/,
  )
  expect(words('slot')).not.toContain('Assign')
  expect(words('slot', assigner)).toMatch(/Assign to {1,2}jupiter saturn uranus Assign$/)
  expect(words('tied', assigner)).toMatch(/an operator has assigned it .* Take back$/)
})

test('the clients that an operator has assigned are listed, and can be taken back by one', () => {
  const assigned = [{ client: '10.1.0.7', node: '10.0.0.2', name: 'saturn' }]
  const words = (orders: readonly string[]) => textOf(h('div', {}, assignedView(assigned, { ...OPERATOR, orders })))
  expect(words(['/unassign'])).toMatch(/10\.1\.0\.7 to saturn +Take back$/)
  expect(words([])).not.toContain('Take back')
  expect(assignedView([], OPERATOR)).toEqual([])
})
