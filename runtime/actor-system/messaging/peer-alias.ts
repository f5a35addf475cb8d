import type { ActorContext, PeerMessages } from '../actor.ts'

/**
 * The context of an actor of which there are several, each with a partner of its own: what such an actor sends to `alias`
 * goes to `actor`, its own partner's name in this system.
 */
export function withPeerAlias<Peers extends PeerMessages>(
  context: ActorContext<Peers>,
  alias: keyof Peers & string,
  actor: string,
): ActorContext<Peers> {
  const nameOf = <To extends string>(to: To): To => (to === alias ? (actor as To) : to)
  return {
    name: context.name,
    incarnation: context.incarnation,
    clock: context.clock,
    random: context.random,
    send: (to, message) => context.send(nameOf(to), message),
    request: (to, message, timeoutMs) => context.request(nameOf(to), message, timeoutMs),
    log: (level, line, fields) => context.log(level, line, fields),
    inspect: (detail) => context.inspect(detail),
    get observer() {
      return context.observer
    },
    guard: (call) => context.guard(call),
    control: (name) => context.control(name),
  }
}
