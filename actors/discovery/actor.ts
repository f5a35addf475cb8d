import type { DrainMark } from '../../runtime/ports/drain-mark.ts'
import type { StartActor } from '../../runtime/system/actor.ts'
import { runMachine } from '../../runtime/system/machine-runner.ts'
import { describeDiscovery, step } from './machine.ts'
import type { DiscoveryControl, DiscoveryMessage, DiscoveryPeers } from './messages.ts'
import {
  type DiscoveryEffect,
  type DiscoveryEvent,
  type DiscoveryOptions,
  type DiscoveryState,
  initialState,
} from './state.ts'

/** What discovery needs of the outside world beside the raw-IP actor. */
export interface DiscoveryPorts {
  readonly drainMark: DrainMark
}

/** Discovery: who is there, by beacons over IP protocol 253. Says goodbye when it is stopped. */
export const startDiscovery: StartActor<DiscoveryOptions, DiscoveryPorts, DiscoveryMessage, DiscoveryPeers> = (
  context,
  options,
  { drainMark },
) => {
  const epoch = Buffer.from(context.random.bytes(8)).toString('hex')
  const machine = runMachine<DiscoveryState, DiscoveryEvent, DiscoveryEffect>({
    context,
    initial: initialState(options, epoch, context.clock.nowMs(), drainMark.isSet(options.drainMark)),
    step,
    label: (state) => state.role,
    perform: ({ draining }) => {
      const marked = drainMark.set(options.drainMark, draining)
      if (!marked.ok) machine.dispatch({ type: 'markRefused', reason: marked.reason })
    },
  })
  machine.dispatch({ type: 'start' })
  const control: DiscoveryControl = {
    describe: () => describeDiscovery(machine.state(), context.clock.nowMs()),
    drain: (address, draining) => machine.dispatch({ type: 'drainOrder', address, draining }),
  }
  return {
    receive: (message) => machine.dispatch(message),
    peerUp: (peer) => {
      if (peer === 'dispatcher') machine.dispatch({ type: 'dispatcherUp' })
      const elector = options.electors.find((name) => name === peer)
      if (elector !== undefined) machine.dispatch({ type: 'electorUp', elector })
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', options: wanted }),
    stop: () => machine.dispatch({ type: 'stop' }),
    control,
  }
}
