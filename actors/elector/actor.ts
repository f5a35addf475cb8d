import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import { withPeerAlias } from '../../runtime/actor-system/messaging/peer-alias.ts'
import type { AnnouncerName } from '../announcer/messages.ts'
import type { Drained, SendMessage } from '../raw-ip/messages.ts'
import { describeElector } from './description.ts'
import { electorMachine } from './machine.ts'
import type { ElectorControl, ElectorMessage } from './messages.ts'
import type { ElectorOptions } from './options.ts'
import { rehearseElection } from './rehearsal.ts'
import type { ElectorPeers } from './state.ts'
import { type ElectorEffect, type ElectorEvent, type ElectorState, initialElector, roleOf } from './state.ts'

/** How long the raw-IP actor may take to deliver what has arrived: long enough for a receive buffer that a flood has filled. */
const DRAIN_TIMEOUT_MS = 2000

/** For how long a stop waits for a follower at most: the longest skew of version 2, and half as much again. */
const FAREWELL_MS = 1500

export interface ElectorActorOptions extends ElectorOptions {
  /** Who holds the addresses of this virtual router. */
  readonly announcer: AnnouncerName
}

/** The VRRP election of one virtual router. All of its outside world are messages: adverts go through the raw-IP actor. */
export const startElector: StartActor<
  ElectorActorOptions,
  Readonly<Record<never, never>>,
  ElectorMessage,
  ElectorPeers
> = (ownContext, { announcer, ...options }) => {
  const context = withPeerAlias(ownContext, 'announcer', announcer)
  rehearseElection(options)
  const retired = Promise.withResolvers<void>()
  let heard = 0
  const drain = (untilMs: number, whenSilent: readonly SendMessage[]): Promise<unknown> => {
    // Well before the answer is not waited for any more.
    const beforeMs = context.clock.nowMs() + DRAIN_TIMEOUT_MS / 2
    return context.request('raw-ip', { type: 'drain', untilMs, whenSilent, beforeMs, heard }, DRAIN_TIMEOUT_MS)
  }
  const { dispatch, state } = runMachine<ElectorState, ElectorEvent, ElectorEffect>({
    context,
    ...electorMachine,
    initial: initialElector(options),
    perform: (effect) => {
      if (effect.type === 'retired') return retired.resolve()
      const { number, untilMs, confirm, adverts } = effect
      const failed = { type: 'drainFailed', number } as const
      // Its deliveries and its reply come over one link in order: what had arrived was dispatched before this resolves.
      drain(untilMs, adverts).then(
        (reply) => {
          const { deaf, sent } = reply as Drained
          dispatch(deaf ? failed : { type: 'drained', number, ...(sent ? { confirm } : {}) })
        },
        () => dispatch(failed),
      )
    },
  })
  const control: ElectorControl = {
    describe: () => describeElector(state(), context.clock.nowMs()),
    stepDown: () => {
      if (roleOf(state()).role !== 'director') return false
      dispatch({ type: 'stepDown' })
      return true
    },
  }
  dispatch({ type: 'start' })
  return {
    control,
    receive: (message) => {
      if (message.type === 'packet') heard = message.serial
      dispatch(message)
    },
    configure: ({ announcer: _, ...wanted }) => dispatch({ type: 'configured', options: wanted }),
    peerUp: (name) => {
      const peer = name === announcer ? 'announcer' : name
      if (isPeer(peer)) dispatch({ type: 'peerUp', peer })
      // In vain, so that the first one that matters is not the slow first one.
      if (peer === 'raw-ip') drain(0, []).catch(() => undefined)
    },
    stop: async () => {
      const cancel = context.clock.setTimer(FAREWELL_MS, () => {
        dispatch({ type: 'shutdown' })
        retired.resolve()
      })
      dispatch({ type: 'retire' })
      await retired.promise
      cancel()
    },
  }
}

const PEERS: Readonly<Record<keyof ElectorPeers, true>> = {
  'raw-ip': true,
  announcer: true,
  discovery: true,
  dispatcher: true,
  forwarder: true,
  'fast-path': true,
  watcher: true,
  notifier: true,
}

const isPeer = (name: string): name is keyof ElectorPeers => Object.hasOwn(PEERS, name)
