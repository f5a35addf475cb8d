import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type GatewayNode, type Group, until, VIP } from '../group.ts'

const ASK_NAMES = new URL('../fixtures/ask-names.ts', import.meta.url)

/** Changes what that node's file says, and has its gateway go by it. */
export async function reload(node: GatewayNode, before: string | RegExp, after: string): Promise<void> {
  const file = readFileSync(node.configFile, 'utf8')
  const edited = file.replace(before, after)
  expect(edited).not.toBe(file)
  writeFileSync(node.configFile, edited)
  const { code, stdout, stderr } = await node.proxyha('reload', '-s', node.socket)
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringContaining(' -> '), stderr: '' })
}

/** The node that answered one new connection from each of these clients; what was wrong, where one had no answer. */
export const answersEach = (group: Group, clients: readonly string[], port: number, host = VIP) =>
  group.client.runScript(ASK_NAMES, host, `${port}`, ...clients) as Promise<readonly string[]>

/** The same, without repetition. */
export async function answersTo(group: Group, clients: readonly string[], port: number, host = VIP): Promise<string[]> {
  return [...new Set(await answersEach(group, clients, port, host))].toSorted()
}

/** Until each of these clients is answered by a node. */
export function servedBy(group: Group, clients: readonly string[], port: number, host = VIP): Promise<void> {
  let last: readonly string[] = []
  return until(
    async () => {
      last = await answersTo(group, clients, port, host)
      return last.every((answer) => answer.startsWith('node'))
    },
    20_000,
    () => `${host}:${port} to be served: ${last}`,
  )
}

/** Until no node warns of anything, or of nothing but that. */
export function withoutWarnings({ nodes }: Group, but = /^$/): Promise<void> {
  let last: readonly string[] = []
  return until(
    async () => {
      const warnings = await Promise.all(nodes.map(async (node) => (await node.status())?.warnings ?? ['no status']))
      last = warnings.flat().filter((warning) => !but.test(warning))
      return last.length === 0
    },
    40_000,
    () => `no warnings: ${last.join('\n')}`,
  )
}

/** Until that node warns of a difference in a setting. */
export function warnsOf(node: GatewayNode, setting: string): Promise<void> {
  let last: readonly string[] = []
  return until(
    async () => {
      last = (await node.status())?.warnings ?? []
      return last.some((warning) => warning.includes(setting))
    },
    20_000,
    () => `${node.name} to warn of ${setting}: ${last}`,
  )
}

export const transitionsOf = ({ nodes }: Group): Promise<readonly (number | undefined)[]> =>
  Promise.all(nodes.map(async (node) => (await node.status())?.vrrp.transitions))
