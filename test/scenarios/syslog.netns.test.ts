import { afterAll, beforeAll, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, START_PATIENCE_MS, until, VIP } from './group.ts'
import { SyslogDaemon } from './syslog-daemon.ts'

const programs = ['squid', 'rsyslogd', 'nsenter']

/** What an operator follows a failover by, as a syslog daemon has it: the sequences of the original, line by line. */
describeInNamespaces('the lines that a syslog daemon receives', { programs }, (namespaces) => {
  let group: Group
  let daemons: readonly SyslogDaemon[]

  beforeAll(async () => {
    const startedBy: (readonly string[])[] = []
    group = new Group(namespaces, { priorities: [99, 89], startedBy })
    daemons = await Promise.all(group.nodes.map(({ namespace }) => SyslogDaemon.start(namespace, group.folder)))
    startedBy.push(...daemons.map(({ inside }) => inside))
    await group.start()
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Waits until the daemon of that node has these lines among those after `from`, in this order. */
  async function receives(node: number, from: number, expected: readonly (string | RegExp)[]): Promise<void> {
    const isIt = (line: string, wanted: string | RegExp) =>
      typeof wanted === 'string' ? line === wanted : wanted.test(line)
    const missing = (): string | RegExp | undefined => {
      const lines = daemons[node]!.received().slice(from)
      let at = 0
      return expected.find((wanted) => {
        at = lines.findIndex((line, index) => index >= at && isIt(line, wanted)) + 1
        return at === 0
      })
    }
    await until(
      async () => missing() === undefined,
      START_PATIENCE_MS,
      () =>
        `node${node}'s daemon to receive ${missing()} in its place:\n${daemons[node]!.received().slice(from).join('\n')}`,
    )
  }
  const received = () => daemons.map((daemon) => daemon.received().length)

  it('who takes over, because its director is dead', async () => {
    const from = received()
    const [first] = group.nodes
    await first!.stopGateway('SIGKILL')
    await receives(1, from[1]!, [
      /^info VRRP_Instance\(51\) no advert from 10\.88\.0\.11 for \d\.\d s$/,
      'info VRRP_Instance(51) Transition to MASTER STATE',
      'info state=master previous=backup',
      'info VRRP_Instance(51) Entering MASTER STATE',
      'info VRRP_Instance(51) setting protocol VIPs.',
      `info TX Adding IPV4 Address ${VIP}`,
      `info VRRP_Instance(51) Sending gratuitous ARPs on eth0 for ${VIP}`,
    ])
    await receives(1, from[1]!, ['info state=master previous=backup', 'info set lbnetwork 1'])
    await receives(1, from[1]!, ['warning Scanning partner has failed 10.88.0.11'])
  }, 60_000)

  it('who gives way to a higher priority that returns', async () => {
    const from = received()
    group.nodes[0]!.startGateway()
    await receives(1, from[1]!, [
      'info VRRP_Instance(51) Received higher prio advert',
      'info VRRP_Instance(51) Entering BACKUP STATE',
      'info state=backup previous=master',
      'info VRRP_Instance(51) removing protocol VIPs.',
      `info TX Removing IPV4 Address ${VIP}`,
    ])
    await receives(1, from[1]!, ['info state=backup previous=master', 'info set lbnetwork 0'])
    await receives(0, from[0]!, [
      /^info proxyha \S+ starts by /,
      'info VRRP_Instance(51) Entering BACKUP STATE',
      'info VRRP_Instance(51) forcing a new MASTER election',
      'info VRRP_Instance(51) Transition to MASTER STATE',
    ])
    await receives(0, from[0]!, [
      'info VRRP_Instance(51) Entering BACKUP STATE',
      /^info ready after \d+\.\d s: BACKUP, \d nodes?$/,
    ])
    await group.settled(0, 2)
  }, 90_000)

  it('whose proxy has died, and listens again', async () => {
    const from = received()
    const second = group.nodes[1]!
    await second.stopProxy()
    await receives(1, from[1]!, ['warning monitor: current state: failure (port 3128 is not listening)'])
    await receives(0, from[0]!, ['warning Scanning partner has failed 10.88.0.12'])
    second.startProxy()
    await receives(1, from[1]!, [/^warning monitor: current state: failure/, /^info monitor: current state: ok/])
    await receives(0, from[0]!, [
      'warning Scanning partner has failed 10.88.0.12',
      'info Scanning partner has joined 10.88.0.12',
    ])
  }, 60_000)
})
