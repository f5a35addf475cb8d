import { type GatewayNode, until } from './group.ts'

const RESTART_MS = 60_000
const END_MS = 30_000

/** As `GET /actors` has it. */
interface Actor {
  readonly name: string
  readonly state: string
  readonly restarts: number
}

/** Crashes each actor of a node once, one after the other; each runs again before the next. */
export async function crashEachActor(node: GatewayNode): Promise<void> {
  const actors = async () => ((await node.get('/actors')) ?? []) as readonly Actor[]
  for (const { name, restarts } of await actors()) {
    const isBack = async () =>
      (await actors()).some((one) => one.name === name && one.state === 'running' && one.restarts > restarts)
    await node.get(`/test/crash?actor=${name}`)
    await until(isBack, RESTART_MS, () => `${name} of ${node.name} restarted`)
  }
}

/** Crashes that actor again and again, until the gateway ends; its exit code. */
export async function crashToTheEnd(node: GatewayNode, actor: string): Promise<number | null> {
  let code: number | null | undefined
  node.gateway!.process.once('exit', (status) => {
    code = status
  })
  await until(
    async () => {
      if (code === undefined) await node.get(`/test/crash?actor=${actor}`)
      return code !== undefined
    },
    END_MS,
    `the end of the gateway of ${node.name}`,
  )
  return code!
}
