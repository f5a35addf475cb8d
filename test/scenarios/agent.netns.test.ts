import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, until, VIP } from './group.ts'

const PATIENCE_MS = 30_000

describeInNamespaces('an agent of the operator', { programs: ['squid', 'curl'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-agent-'))
  const file = join(folder, 'share')
  const says = (text: string) => writeFileSync(file, text)
  let group: Group

  beforeAll(async () => {
    says('up')
    const leads = (priority: number) => `directorPriority: ${priority}\nvirtualIps: ['${VIP}']`
    const agent = `agent: { command: [/bin/cat, ${file}], interval: 500ms }`
    group = new Group(namespaces, { priorities: [99, 89], elections: [leads(99), `${leads(89)}\n${agent}`] })
    await group.start()
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
    rmSync(folder, { recursive: true })
  })

  /** The second node, as the director sees it. */
  const seen = async () => (await group.nodes[0]!.status())?.nodes.find(({ name }) => name === 'node1')
  const becomes = (what: string, holds: (node: NonNullable<Awaited<ReturnType<typeof seen>>>) => boolean) =>
    until(
      async () => {
        const node = await seen()
        return node !== undefined && holds(node)
      },
      PATIENCE_MS,
      `node1 ${what}`,
    )

  it('says drain: its node gets no new clients; down: no traffic; a percentage: that share; nothing sensible: all again', async () => {
    says('drain')
    await becomes('without slots', ({ slots, state }) => slots === 0 && state === 'ok')
    for (const nodes of await group.nodesByClient(1)) expect([...nodes]).toEqual(['node0'])
    says('50%')
    await becomes('with a third of the slots', ({ slots }) => slots > 1300 && slots < 1430)
    says('down')
    await becomes('in failure', ({ slots, state }) => slots === 0 && state === 'failure')
    says('what?')
    await becomes('with half of the slots', ({ slots, state }) => slots > 2000 && slots < 2100 && state === 'ok')
    expect((await group.nodes[1]!.status())?.warnings).toContainEqual(expect.stringContaining('says "what?"'))
    says('up')
    await until(
      async () => !(await group.nodes[1]!.status())?.warnings.some((warning) => warning.includes('agent')),
      PATIENCE_MS,
      'no more warnings of the agent',
    )
  })
})
