import type { ActorContext, PeerMessages } from '../../../runtime/actor-system/actor.ts'
import type { InspectionDetail } from '../../../runtime/actor-system/inspection/inspection.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { SeededRandom } from '../../fakes/random.ts'

/** A context that writes down what an actor does, on time that moves when it is told to. */
export class RecordedContext<Peers extends PeerMessages> implements ActorContext<Peers> {
  readonly name = 'tested'
  readonly incarnation = 0
  readonly clock = new FakeClock()
  readonly random = new SeededRandom(1)
  readonly sent: { readonly to: string; readonly message: unknown }[] = []
  readonly lines: string[] = []
  readonly inspected: InspectionDetail[] = []
  observer: ActorContext['observer'] = undefined

  send<To extends keyof Peers & string>(to: To, message: Peers[To]): void {
    this.sent.push({ to, message })
  }

  request(): Promise<unknown> {
    return Promise.reject(new Error('nobody asks here'))
  }

  log(level: string, line: string): void {
    this.lines.push(`${level}: ${line}`)
  }

  inspect(detail: InspectionDetail): void {
    this.inspected.push(detail)
  }

  guard<Parameters extends readonly unknown[]>(call: (...parameters: Parameters) => unknown) {
    return (...parameters: Parameters): void => void call(...parameters)
  }

  control(): undefined {
    return undefined
  }
}
