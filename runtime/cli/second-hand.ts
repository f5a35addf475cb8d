import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import { titleOfAddress } from '../terminal/group-view.ts'
import type { CliEnv } from './env.ts'

/** Says on stderr whom to ask where this node is not the one that decides where clients go. */
export function tellWhomToAsk({ role, nodes, instances }: GatewayStatus, env: CliEnv): void {
  if (role === 'director') return
  const directors = nodes.filter(({ self, director }) => director && !self).map(({ address }) => address)
  const masters = instances.flatMap(({ masterIp }) => masterIp ?? [])
  const [first] = directors.length > 0 ? directors : masters
  const whom = first === undefined ? 'no director is known here, ask again' : `ask ${titleOfAddress(first, nodes)}`
  env.stderr.write(`this node does not decide where clients go: ${whom}\n`)
}
