import { expect, test } from 'vitest'
import {
  failingScripts,
  initialScripts,
  type ScriptsEffect,
  type ScriptsEvent,
  type ScriptsState,
  stepScripts,
  type TrackedScript,
} from '../../../actors/port-monitor/scripts.ts'

const script = (name: string, change: Partial<TrackedScript> = {}): TrackedScript => ({
  name,
  command: [`/usr/local/bin/${name}`],
  intervalMs: 1000,
  timeoutMs: 500,
  rise: 1,
  fall: 1,
  ...change,
})

class Scripts {
  state: ScriptsState
  effects: readonly ScriptsEffect[] = []

  constructor(...scripts: readonly TrackedScript[]) {
    this.state = initialScripts(scripts)
    this.feed({ type: 'electorUp', elector: 'elector' }, { type: 'started' })
  }

  feed(...events: readonly ScriptsEvent[]): this {
    this.effects = []
    for (const event of events) {
      const { state, effects } = stepScripts(this.state, event)
      this.state = state
      this.effects = [...this.effects, ...effects]
    }
    return this
  }

  ended(name: string, problem: string | null, lastLine: string | null = null, generation = this.generationOf(name)) {
    return this.feed({ type: 'ended', name, generation, outcome: { problem, lastLine } })
  }

  generationOf(name: string): number {
    return this.state.watched.get(name)?.generation ?? Number.NaN
  }

  get runs(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'run' ? [effect.script.name] : []))
  }

  get told(): readonly unknown[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' ? [[effect.to, effect.message.source, effect.message.state, effect.message.reason]] : [],
    )
  }

  get lines(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
  }
}

test('all are run at the start, each anew an interval after it has ended, never twice at a time', () => {
  const scripts = new Scripts(script('one'), script('two', { intervalMs: 5000 }))
  expect(scripts.runs).toEqual(['one', 'two'])
  scripts.ended('one', null)
  expect(scripts.effects.at(-1)).toEqual({ type: 'startTimer', timer: 'script:one', delayMs: 1000 })
  expect(scripts.feed({ type: 'timerExpired', timer: 'script:one' }).runs).toEqual(['one'])
  expect(scripts.ended('two', null).effects.at(-1)).toEqual({ type: 'startTimer', timer: 'script:two', delayMs: 5000 })
})

test('the first run counts at once; then it takes `fall` and `rise` in a row', () => {
  const scripts = new Scripts(script('one', { fall: 3, rise: 2 }))
  expect(scripts.ended('one', 'ended with 1', 'no disk').told).toEqual([
    ['elector', 'script:one', 'failed', 'script one ended with 1: no disk'],
  ])
  expect(scripts.lines).toEqual(['VRRP_Script(one) failed (script one ended with 1: no disk)'])
  expect(scripts.ended('one', null).told).toEqual([])
  expect(scripts.ended('one', null).told).toEqual([['elector', 'script:one', 'ok', null]])
  expect(scripts.lines).toEqual(['VRRP_Script(one) succeeded'])
  for (const told of [0, 0, 1]) expect(scripts.ended('one', 'ended with 1').told).toHaveLength(told)
})

test('another line of output is no news, another way of failing is', () => {
  const scripts = new Scripts(script('one'))
  scripts.ended('one', 'ended with 1', '12:00:00 no disk')
  expect(scripts.ended('one', 'ended with 1', '12:00:01 no disk').told).toEqual([])
  expect(scripts.ended('one', 'ended with 2', '12:00:02 no disk').told).toEqual([
    ['elector', 'script:one', 'failed', 'script one ended with 2: 12:00:02 no disk'],
  ])
})

test('an elector that (re)starts is told all that is known', () => {
  const scripts = new Scripts(script('one'), script('two'))
  scripts.ended('one', 'ended with 1')
  expect(scripts.feed({ type: 'electorDown', elector: 'elector' }).ended('two', null).told).toEqual([])
  expect(scripts.feed({ type: 'electorUp', elector: 'elector' }).told).toEqual([
    ['elector', 'script:one', 'failed', 'script one ended with 1'],
    ['elector', 'script:two', 'ok', null],
  ])
})

test('a reload runs what is new or changed at once, lets the others be, and ignores runs of before', () => {
  const scripts = new Scripts(script('kept'), script('changed'), script('gone'))
  for (const name of ['kept', 'gone']) scripts.ended(name, null)
  const former = scripts.generationOf('changed')
  const wanted = [script('kept'), script('changed', { command: ['/other'] }), script('new')]
  scripts.feed({ type: 'configured', scripts: wanted })
  expect(scripts.runs).toEqual(['changed', 'new'])
  expect(scripts.effects).toContainEqual({ type: 'cancelTimer', timer: 'script:gone' })
  expect(scripts.ended('changed', 'ended with 1', null, former).effects).toEqual([])
  expect(scripts.ended('changed', null).told).toEqual([['elector', 'script:changed', 'ok', null]])
  expect([...scripts.state.watched.keys()]).toEqual(['kept', 'changed', 'new'])
})

test('one that is changed counts as it did until it has run', () => {
  const scripts = new Scripts(script('one'))
  scripts.ended('one', 'ended with 1')
  scripts.feed({ type: 'configured', scripts: [script('one', { command: ['/other'] })] })
  expect(scripts.feed({ type: 'electorUp', elector: 'elector-web' }).told).toHaveLength(1)
  expect(scripts.ended('one', null).told).toEqual([
    ['elector', 'script:one', 'ok', null],
    ['elector-web', 'script:one', 'ok', null],
  ])
})

test('after a stop nothing is run any more', () => {
  const scripts = new Scripts(script('one'))
  const generation = scripts.generationOf('one')
  scripts.feed({ type: 'stopped' })
  expect(scripts.ended('one', null, null, generation).effects).toEqual([])
  expect(scripts.feed({ type: 'timerExpired', timer: 'script:one' }).runs).toEqual([])
})

test('which of them fail is known', () => {
  const scripts = new Scripts(script('one'), script('two'))
  scripts.ended('one', 'ended with 1').ended('two', null)
  expect(failingScripts(scripts.state)).toEqual(['one'])
})
