import { createHash } from 'node:crypto'
import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { DrainMark } from '../../runtime/ports/process/drain-mark.ts'
import { describeDiscovery, discoveryMachine } from './machine.ts'
import { nodeFigures } from './members/figures.ts'
import type { DiscoveryControl, DiscoveryMessage } from './messages.ts'
import type { DiscoveryOptions } from './options.ts'
import type { DiscoveryPeers } from './state.ts'
import { type DiscoveryEffect, type DiscoveryEvent, type DiscoveryState, initialState } from './state.ts'

/** What discovery needs of the outside world beside the raw-IP actor. */
export interface DiscoveryPorts {
  readonly drainMark: DrainMark
}

/** Of a node that is in maintenance; it has the other mark as well. */
const maintenanceMark = (drainMark: string): string => `${drainMark}.maint`

/** Discovery: who is there, by beacons over IP protocol 253. Says goodbye when it is stopped. */
export const startDiscovery: StartActor<DiscoveryOptions, DiscoveryPorts, DiscoveryMessage, DiscoveryPeers> = (
  context,
  options,
  { drainMark },
) => {
  const epoch = Buffer.from(context.random.bytes(8)).toString('hex')
  const machine = runMachine<DiscoveryState, DiscoveryEvent, DiscoveryEffect>({
    context,
    ...discoveryMachine,
    initial: initialState(options, epoch, context.clock.nowMs(), {
      draining: drainMark.isSet(options.drainMark),
      maint: drainMark.isSet(maintenanceMark(options.drainMark)),
    }),
    perform: (effect) => {
      if (effect.type === 'renewEpoch') {
        // A machine that is put back has its random numbers put back as well.
        const fresh = createHash('sha256').update(context.random.bytes(8)).update(`${effect.heard}`).digest('hex')
        machine.dispatch({ type: 'epochRenewed', epoch: fresh.slice(0, 16) })
        return
      }
      const marks = [
        drainMark.set(options.drainMark, effect.draining),
        drainMark.set(maintenanceMark(options.drainMark), effect.maint),
      ]
      const refused = marks.find((mark) => !mark.ok)
      if (refused?.ok === false) machine.dispatch({ type: 'markRefused', reason: refused.reason })
    },
  })
  machine.dispatch({ type: 'start' })
  const control: DiscoveryControl = {
    describe: () => describeDiscovery(machine.state(), context.clock.nowMs(), context.clock.wallMs()),
    figures: () => nodeFigures(machine.state(), context.clock.nowMs()),
    drain: (address, wish) => machine.dispatch({ type: 'drainOrder', address, wish }),
    forget: (address) => machine.dispatch({ type: 'forgetOrder', address }),
  }
  return {
    receive: (message) => machine.dispatch(message),
    peerUp: (peer) => {
      if (peer === 'raw-ip') machine.dispatch({ type: 'rawIpUp' })
      if (peer === 'dispatcher') machine.dispatch({ type: 'dispatcherUp' })
      if (peer === 'stats-reporter') machine.dispatch({ type: 'statsReporterUp' })
      const elector = options.electors.find((name) => name === peer)
      if (elector !== undefined) machine.dispatch({ type: 'electorUp', elector })
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', options: wanted }),
    stop: () => machine.dispatch({ type: 'stop' }),
    control,
  }
}
