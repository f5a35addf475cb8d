import { expect, test } from 'vitest'
import { group, role, SILENT, Stepped, WORKS } from '../stepped.ts'

const FORMER = '10.0.0.2'
const THIRD = '10.0.0.3'
const says = (address: string) => ({ type: 'clientsOf', address, all: false, generation: 3, clients: [] }) as const
const third = {
  address: THIRD,
  mark: 3,
  mac: '02:00:00:00:00:03',
  self: false,
  ...WORKS,
}
const ofThree = () => group({ nodes: [...group().nodes, third] })

/** A node of three; 10.0.0.2 was director, and now it is. */
const tookOver = () =>
  new Stepped()
    .running(ofThree())
    .give({ ...role('scanning'), masterAddress: FORMER, masterPriority: 99 })
    .give(role('director'))

/** The last delay that the timer was started with. */
const waits = ({ asked }: Stepped) =>
  asked.flatMap((effect) => (effect.type === 'startTimer' && effect.timer === 'hearing' ? [effect.delayMs] : [])).at(-1)
const DROPS =
  /(chain stray4 \{|rule netdev proxyha stray4)[^}]*@connections4[^}]*?\s+(add rule netdev proxyha stray4 )?drop\n/

test('in the transaction that makes it director what begins no connection is dropped, but of clients that are pinned', () => {
  const script = tookOver().take('apply')?.script
  expect(script).toMatch(DROPS)
  expect(script).toContain('10.0.0.5 : goto direct4')
})

test('until all nodes have said who has to stay', () => {
  const fastPath = tookOver().settle().give(says(FORMER))
  expect(fastPath.take('apply')).toBeUndefined()
  const script = fastPath.give(says(THIRD)).take('apply')?.script
  expect(script).toContain('add rule netdev proxyha stray4')
  expect(script).not.toMatch(DROPS)
})

test('it waits 300 ms for a former director, which may be dead, and 2.5 s for the others, who are named then', () => {
  const onlyFormer = tookOver().settle().give(says(THIRD))
  expect(waits(onlyFormer)).toBe(300)
  expect(onlyFormer.expire('hearing').take('apply')?.script).not.toMatch(DROPS)

  const others = tookOver().settle().give(says(FORMER)).expire('hearing')
  expect(others.take('apply')).toBeUndefined()
  expect(waits(others)).toBe(2200)
  expect(others.expire('hearing').take('apply')?.script).not.toMatch(DROPS)
  expect(others.lines).toContain(`not told which clients have to stay: ${THIRD}; connections there may be cut`)
})

test('a former director that has fallen silent is the former one, also where that was told before', () => {
  const fastPath = new Stepped()
    .running(ofThree())
    .give({ ...role('scanning'), masterAddress: FORMER, masterPriority: 99 })
    .give(role('scanning'))
    .give(role('director'))
    .settle()
    .give(says(THIRD))
  expect(fastPath.expire('hearing').take('apply')?.script).not.toMatch(DROPS)
  expect(fastPath.lines).toEqual([])
})

test('a node that was taken for dead may be back: it is waited for as long, and like the others once it is heard', () => {
  const silent = { ...third, ...SILENT }
  const fastPath = tookOver()
    .give(group({ nodes: [...group().nodes, silent] }))
    .settle()
    .give(says(FORMER))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(ofThree()).settle().expire('hearing')
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.give(says(THIRD)).take('apply')?.script).not.toMatch(DROPS)

  const dead = tookOver()
    .give(group({ nodes: [...group().nodes, silent] }))
    .settle()
    .give(says(FORMER))
  expect(dead.expire('hearing').take('apply')?.script).not.toMatch(DROPS)
  expect(dead.lines).toEqual([])
})

test('nobody is waited for who has no clients: the former director that is known to be dead, a node that is gone or has left, or none', () => {
  const [self] = ofThree().nodes.filter((node) => node.self)
  const former = { ...ofThree().nodes.find(({ address }) => address === FORMER)!, ...SILENT }
  const silent = { ...third, ...SILENT }
  for (const others of [[former], [{ ...silent, gone: true }], [{ ...silent, left: true }], []]) {
    const fastPath = tookOver().settle()
    expect(fastPath.state.hearing).not.toBeNull()
    fastPath.give(group({ nodes: [self!, ...others], slots: new Uint8Array(4096) }))
    expect(fastPath.state.hearing).toBeNull()
  }
})

test('slots of a node that nobody has heard yet: it is waited for until it has a place and has spoken, 2.5 s at most', () => {
  const slots = new Uint8Array(4096).fill(third.mark)
  const unheard = () =>
    new Stepped()
      .running(group({ slots }))
      .give({ ...role('scanning'), masterAddress: FORMER, masterPriority: 99 })
      .give(role('director'))
      .settle()
  const told = unheard().give(says(FORMER)).give(says(THIRD))
  expect(told.take('apply')).toBeUndefined()
  expect(told.give(group({ nodes: ofThree().nodes, slots })).take('apply')?.script).not.toMatch(DROPS)

  const silent = unheard().give(says(FORMER)).expire('hearing')
  expect(silent.take('apply')).toBeUndefined()
  expect(waits(silent)).toBe(2200)
  expect(silent.expire('hearing').take('apply')?.script).not.toMatch(DROPS)
})

test('a role that is told again begins nothing, and who is director no more waits no more', () => {
  const fastPath = tookOver().settle().give(says(FORMER)).give(says(THIRD)).settle()
  expect(fastPath.give(role('director')).settle().state.hearing).toBeNull()
  expect(tookOver().settle().give(role('scanning')).settle().state.hearing).toBeNull()
})

test('every node tells a new director, also that nobody has to stay', () => {
  const fastPath = new Stepped().running(ofThree())
  for (const masterAddress of [FORMER, THIRD]) {
    fastPath.give({ ...role('scanning'), masterAddress, masterPriority: 99 })
    expect(fastPath.said()).toEqual({ type: 'clients', all: false, generation: 3, clients: [] })
  }
})
