import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Order, Tally } from '../../../loadtest/group/new-connections.ts'
import { type HostProcess, startProgram } from '../../../runtime/lab/testbed/processes.ts'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'

const SERVER = new URL('../../../loadtest/group/server.ts', import.meta.url)
const CLIENT = new URL('../../../loadtest/group/new-connections.ts', import.meta.url)
const PORT = 3128
const PERIOD_MS = 300

describeInNamespaces('the client of new connections', { programs: ['nft'] }, (namespaces) => {
  let server: Namespace
  let client: HostProcess
  let onTally = (_tally: Tally) => {}
  let periods = 0

  beforeAll(async () => {
    const [from, to] = namespaces.subnet('10.77.0.1/24', '10.77.0.10/24').members as [Namespace, Namespace]
    from.ip('address', 'add', '10.77.0.2/24', 'dev', 'eth0')
    server = to
    to.startScript(SERVER, 'node0', `${PORT}`)
    const args = ['10.77.0.10', `${PORT}`, '20', '10.77.0.1', '10.77.0.2']
    client = startProgram(from.name, CLIENT, args, { onMessage: (tally: Tally) => onTally(tally) })
    // Both have started when a first one is answered.
    while ((await period()).failures.length > 0) {}
  })
  afterAll(async () => {
    await client.end()
    await namespaces.close()
  })

  /** A period in which some were opened, however long the client had to wait for its turn. */
  async function period(avoided: string | null = null): Promise<Tally> {
    for (;;) {
      const tally = new Promise<Tally>((resolve) => {
        onTally = resolve
      })
      client.send({ period: ++periods, avoided } satisfies Order)
      await pause(PERIOD_MS)
      client.send({ period: null, avoided: null } satisfies Order)
      const seen = await tally
      if (seen.opened > 0) return seen
    }
  }

  /** What comes in meanwhile meets this rule. */
  async function meeting(rule: string): Promise<Tally> {
    const set = 'set seen { typeof ip saddr . tcp sport; flags dynamic; timeout 1m; size 65535; }'
    const chain = `chain in { type filter hook input priority 0; tcp dport ${PORT} ${rule}\n}`
    const made = await server.run('nft', [`table inet test {\n${set}\n${chain}\n}`])
    expect(made.stderr).toBe('')
    const tally = await period()
    await server.run('nft', ['delete', 'table', 'inet', 'test'])
    return tally
  }

  const kinds = ({ failures }: Tally) => [...new Set(failures.map(({ kind }) => kind))]

  test('counts those that were answered, and by whom they were not to be', async () => {
    expect(await period()).toMatchObject({ failures: [], waited: 0, strayed: 0 })
    const seen = await period('node0')
    expect(seen.strayed).toBe(seen.opened)
  })

  test('knows that a first SYN was lost of every connection that was established by another', async () => {
    const first = 'tcp flags & (syn | ack) == syn ip saddr . tcp sport != @seen add @seen { ip saddr . tcp sport } drop'
    const seen = await meeting(first)
    expect(seen).toMatchObject({ failures: [], waited: seen.opened })
    expect(seen.slowestMs).toBeGreaterThan(1000)
  })

  test('does not take another loss for that of a SYN', async () => {
    const second =
      'tcp flags & (syn | psh) == psh ip saddr . tcp sport != @seen add @seen { ip saddr . tcp sport } drop'
    expect(await meeting(second)).toMatchObject({ failures: [], waited: 0 })
  })

  test('tells what is refused from what is reset after its handshake and from what is not answered', async () => {
    const refused = await meeting('tcp flags & (syn | ack) == syn reject with tcp reset')
    expect([kinds(refused), refused.failures.length]).toEqual([['refused'], refused.opened])
    const reset = await meeting('tcp flags & psh == psh reject with tcp reset')
    expect([kinds(reset), reset.failures.length]).toEqual([['reset'], reset.opened])
    const timeout = await meeting('drop')
    expect([kinds(timeout), timeout.failures.length]).toEqual([['timeout'], timeout.opened])
  })
})
