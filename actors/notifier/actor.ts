import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import { type OwnEffect, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { Webhooks } from '../../runtime/ports/host/webhooks.ts'
import type { Programs } from '../../runtime/ports/process/programs.ts'
import { WeakPrograms } from '../../runtime/ports/process/weak-programs.ts'
import {
  describeNotifier,
  initialNotifier,
  type NotifierEffect,
  type NotifierEvent,
  type NotifierOptions,
  type NotifierState,
  notifierMachine,
} from './machine.ts'
import type { NotifierControl, NotifierMessage } from './messages.ts'
import { argumentsOf } from './notices.ts'

export interface NotifierPorts {
  readonly programs: Programs
  readonly webhooks: Webhooks
}

/** What an ordered stop waits for; the supervisor ends who takes longer than the row of this actor says. */
export const FAREWELL_MS = 4000

/** The notifier: hears what happens, and calls the operator's programs and URLs. Nobody waits for it. */
export const startNotifier: StartActor<
  NotifierOptions,
  NotifierPorts,
  NotifierMessage,
  Readonly<Record<never, never>>
> = (context, options, { programs, webhooks }) => {
  const toldAll = Promise.withResolvers<void>()
  let stopped = false
  const perform = async ({ id, rule, notice }: NotifierEffect & { readonly type: 'deliver' }): Promise<void> => {
    const { command, url, timeoutMs } = rule
    const json = JSON.stringify(notice)
    if (url === null) {
      const call = { command: [...command, ...argumentsOf(notice)], input: `${json}\n`, timeoutMs }
      const { problem, lastLine } = await programs.run(`${id}`, call)
      tell({ type: 'delivered', id, problem, mayPass: false, output: lastLine })
    } else {
      const answer = await webhooks.post(url, json, timeoutMs)
      const problem = answer.ok ? null : answer.reason
      tell({ type: 'delivered', id, problem, mayPass: !answer.ok && answer.code === 'EMAYPASS', output: null })
    }
  }
  const tell = (event: NotifierEvent): void => {
    if (!stopped) machine.dispatch(event)
  }
  const now = (): string => new Date(context.clock.wallMs()).toISOString()
  const machine = runMachine<NotifierState, NotifierEvent, NotifierEffect>({
    context,
    ...notifierMachine,
    initial: initialNotifier(options, context.incarnation === 0),
    perform: (effect: OwnEffect<NotifierEffect>) => {
      if (effect.type === 'toldAll') toldAll.resolve()
      else void perform(effect)
    },
  })
  const weak = new WeakPrograms('notify', programs, (line) => context.log('warn', line))
  const commandsOf = ({ notifiers }: NotifierOptions) => notifiers.map(({ command }) => command)
  weak.look(commandsOf(options))
  const control: NotifierControl = {
    describe: () => {
      const status = describeNotifier(machine.state())
      const programs = weak.warnings.map((text) => warning('weak-program', null, text))
      return { ...status, warnings: [...status.warnings, ...programs] }
    },
  }
  return {
    control,
    receive: (message) => machine.dispatch({ type: 'happened', message, at: now() }),
    configure: (wanted) => {
      weak.look(commandsOf(wanted))
      machine.dispatch({ type: 'configured', options: wanted, at: now() })
    },
    async stop() {
      const cancel = context.clock.setTimer(FAREWELL_MS, () => toldAll.resolve())
      machine.dispatch({ type: 'stopping' })
      await toldAll.promise
      cancel()
      stopped = true
      programs.close()
      webhooks.close()
    },
  }
}
