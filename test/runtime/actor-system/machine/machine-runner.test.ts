import { describe, expect, test } from 'vitest'
import type { ActorContext } from '../../../../runtime/actor-system/actor.ts'
import type { InspectionDetail } from '../../../../runtime/actor-system/inspection/inspection.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../../../runtime/actor-system/machine/machine.ts'
import { type RunningMachine, runMachine } from '../../../../runtime/actor-system/machine/machine-runner.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { SeededRandom } from '../../../fakes/random.ts'

type Peers = { readonly lamp: { readonly type: 'shine' } }
type Event =
  | { readonly type: 'run'; readonly effects: readonly Effect[]; readonly mode?: string }
  | TimerExpired<'tick'>
type Effect =
  | StartTimer<'tick'>
  | CancelTimer<'tick'>
  | WriteLog
  | SendTo<Peers>
  | { readonly type: 'own'; readonly name: string }

interface State {
  readonly mode: string
  readonly expiries: readonly number[]
}

function step(state: State, event: Event): Step<State, Effect> {
  switch (event.type) {
    case 'run':
      return { state: { ...state, mode: event.mode ?? state.mode }, effects: event.effects }
    case 'timerExpired':
      return { state: { ...state, expiries: [...state.expiries, event.generation] }, effects: [] }
  }
}

function createMachine(perform: (name: string, machine: RunningMachine<State, Event>) => void = () => {}) {
  const clock = new FakeClock()
  const did: string[] = []
  const inspected: InspectionDetail[] = []
  const context: ActorContext<Peers> = {
    name: 'lamp-switch',
    incarnation: 0,
    clock,
    random: new SeededRandom(0),
    send: (to, message) => did.push(`send ${message.type} to ${to}`),
    request: () => Promise.reject(new Error('not asked for')),
    log: (level, line) => did.push(`${level} ${line}`),
    inspect: (detail) => inspected.push(detail),
    guard: (call) => call,
    control: () => undefined,
  }
  const machine: RunningMachine<State, Event> = runMachine<State, Event, Effect>({
    context,
    initial: { mode: 'off', expiries: [] },
    step,
    label: (state) => state.mode,
    perform(effect) {
      did.push(`own ${effect.name}`)
      perform(effect.name, machine)
    },
  })
  return { clock, did, inspected, machine }
}

describe('a machine in its shell', () => {
  test('effects are carried out in order', () => {
    const { did, machine } = createMachine()
    machine.dispatch({
      type: 'run',
      effects: [
        { type: 'log', level: 'info', line: 'first' },
        { type: 'send', to: 'lamp', message: { type: 'shine' } },
        { type: 'own', name: 'third' },
      ],
    })
    expect(did).toEqual(['info first', 'send shine to lamp', 'own third'])
  })

  test('a timer comes back with its generation; starting it again replaces it', () => {
    const { clock, machine } = createMachine()
    machine.dispatch({ type: 'run', effects: [{ type: 'startTimer', timer: 'tick', generation: 1, delayMs: 10 }] })
    clock.advance(5)
    machine.dispatch({ type: 'run', effects: [{ type: 'startTimer', timer: 'tick', generation: 2, delayMs: 10 }] })
    clock.advance(9)
    expect(machine.state().expiries).toEqual([])
    clock.advance(1)
    expect(machine.state().expiries).toEqual([2])
    clock.advance(100)
    expect(machine.state().expiries).toEqual([2])
  })

  test('a cancelled timer does not come back', () => {
    const { clock, machine } = createMachine()
    machine.dispatch({ type: 'run', effects: [{ type: 'startTimer', timer: 'tick', generation: 1, delayMs: 10 }] })
    machine.dispatch({ type: 'run', effects: [{ type: 'cancelTimer', timer: 'tick' }] })
    clock.advance(100)
    expect(machine.state().expiries).toEqual([])
  })

  test('an event dispatched by an effect waits until the effects of its step are done', () => {
    const { did, machine } = createMachine((name, running) => {
      if (name === 'outer') running.dispatch({ type: 'run', effects: [{ type: 'own', name: 'inner' }] })
    })
    machine.dispatch({
      type: 'run',
      effects: [
        { type: 'own', name: 'outer' },
        { type: 'own', name: 'after' },
      ],
    })
    expect(did).toEqual(['own outer', 'own after', 'own inner'])
  })

  test('a change of the label is an inspection event with its cause; a step that keeps it is none', () => {
    const { inspected, machine } = createMachine()
    machine.dispatch({ type: 'run', effects: [] })
    machine.dispatch({ type: 'run', effects: [], mode: 'on' })
    expect(inspected).toEqual([{ type: 'state', from: 'off', to: 'on', cause: 'run' }])
  })

  test('a machine that feeds itself without end is an error, not a hang', () => {
    const { machine } = createMachine((_name, running) =>
      running.dispatch({ type: 'run', effects: [{ type: 'own', name: 'more' }] }),
    )
    expect(() => machine.dispatch({ type: 'run', effects: [{ type: 'own', name: 'more' }] })).toThrow(/feeds itself/)
  })

  test('an effect that throws does not leave the machine deaf', () => {
    const { did, machine } = createMachine((name) => {
      if (name === 'bad') throw new Error('bad effect')
    })
    expect(() => machine.dispatch({ type: 'run', effects: [{ type: 'own', name: 'bad' }] })).toThrow('bad effect')
    machine.dispatch({ type: 'run', effects: [{ type: 'own', name: 'good' }] })
    expect(did).toEqual(['own bad', 'own good'])
  })
})
