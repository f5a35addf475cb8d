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
  /** When the machine was told of each. */
  readonly expiriesMs: readonly number[]
}

function step(state: State, event: Event, nowMs: number): Step<State, Effect> {
  switch (event.type) {
    case 'run':
      return { state: { ...state, mode: event.mode ?? state.mode }, effects: event.effects }
    case 'timerExpired':
      return { state: { ...state, expiriesMs: [...state.expiriesMs, nowMs] }, effects: [] }
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
    observer: undefined,
    guard: (call) => call,
    control: () => undefined,
  }
  const machine: RunningMachine<State, Event> = runMachine<State, Event, Effect>({
    context,
    machine: 'lamp-switch',
    initial: { mode: 'off', expiriesMs: [] },
    step,
    label: (state) => state.mode,
    perform(effect) {
      did.push(`own ${effect.name}`)
      perform(effect.name, machine)
    },
  })
  return { clock, did, inspected, machine }
}

const start = { type: 'startTimer', timer: 'tick', delayMs: 10 } as const
const cancel = { type: 'cancelTimer', timer: 'tick' } as const

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

  test('a timer comes back when it is due; starting it again replaces it', () => {
    const { clock, machine } = createMachine()
    machine.dispatch({ type: 'run', effects: [start] })
    clock.advance(5)
    machine.dispatch({ type: 'run', effects: [start] })
    clock.advance(100)
    expect(machine.state().expiriesMs).toEqual([15])
  })

  test('a cancelled timer does not come back', () => {
    const { clock, machine } = createMachine()
    machine.dispatch({ type: 'run', effects: [start] })
    machine.dispatch({ type: 'run', effects: [cancel] })
    clock.advance(100)
    expect(machine.state().expiriesMs).toEqual([])
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

describe('rule 21: an expiry that waits while a step is carried out', () => {
  /** A machine whose own effect takes so long that the timer expires. `ordered` is carried out by an event before that. */
  function stalling(...ordered: readonly Effect[]) {
    const { clock, machine } = createMachine((_name, running) => {
      running.dispatch({ type: 'run', effects: ordered })
      clock.advance(10)
    })
    return { clock, machine }
  }
  const stall = { type: 'own', name: 'stall' } as const

  test('comes after it', () => {
    const { machine } = stalling()
    machine.dispatch({ type: 'run', effects: [start, stall] })
    expect(machine.state().expiriesMs).toEqual([10])
  })

  test('is dropped when the step cancels its timer', () => {
    const { clock, machine } = stalling()
    machine.dispatch({ type: 'run', effects: [start, stall, cancel] })
    clock.advance(100)
    expect(machine.state().expiriesMs).toEqual([])
  })

  test('is dropped when the step restarts its timer, which expires when it is due', () => {
    const { clock, machine } = stalling()
    machine.dispatch({ type: 'run', effects: [start, stall, start] })
    expect(machine.state().expiriesMs).toEqual([])
    clock.advance(100)
    expect(machine.state().expiriesMs).toEqual([20])
  })

  test('is dropped when an event that was before it does so', () => {
    const { clock, machine } = stalling(cancel)
    machine.dispatch({ type: 'run', effects: [start, stall] })
    clock.advance(100)
    expect(machine.state().expiriesMs).toEqual([])
  })
})
