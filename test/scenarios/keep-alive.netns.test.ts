import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../namespaces.ts'
import { Group, ORIGIN, until, VIP } from './group.ts'

/** Says one request over a connection that it keeps, and what becomes of it: `answered`, then `closed`. */
const TUNNEL = `
const socket = require('node:net').connect(8080, '${VIP}', () => socket.write('GET http://${ORIGIN}/ HTTP/1.1\\r\\nHost: ${ORIGIN}\\r\\n\\r\\n'))
socket.once('data', () => console.log('answered'))
socket.on('error', () => {})
socket.on('close', () => console.log('closed'))
`

describeInNamespaces(
  'workers mode, an end that does not speak',
  { programs: ['curl', 'squid', 'nft', 'ss'] },
  (namespaces) => {
    let group: Group
    const settings = 'timeouts: { idle: 2s, keepAlive: 1s }'
    const start = async (client: Namespace): Promise<RunningProgram> => {
      const tunnel = client.start(process.execPath, ['-e', TUNNEL])
      expect(await tunnel.nextLine()).toBe('answered')
      return tunnel
    }
    /** Ends of connections at the director, of either side, as the kernel has them. */
    const established = async (filter: string) => {
      const { stdout } = await group.nodes[0]!.namespace.run('ss', ['-tnHo', 'state', 'established', filter])
      return stdout.split('\n').filter((line) => line !== '')
    }
    const ofClient = (address: string) => established(`( dst ${address} and sport = :8080 )`)

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [200], settings })
      await group.start()
    })
    afterAll(() => {
      group.close()
      namespaces.close()
    })

    it('is asked by TCP keep-alive, on the side of the client and on that of the proxy', async () => {
      const tunnel = await start(group.client)
      const isAsked = (lines: readonly string[]) =>
        lines.length > 0 && lines.every((line) => line.includes('keepalive'))
      await until(
        async () => isAsked(await ofClient('10.88.1.1')) && isAsked(await established('dport = :3128')),
        10_000,
        'timers of keep-alive at both sockets',
      )
      await tunnel.stop()
    })

    it('and is given up when it does not answer, while one that does is kept past the idle time', async () => {
      // The address from which the client's namespace connects, and beside it one that goes on answering.
      const alive = await start(group.origin)
      const gone = await start(group.client)
      expect(await ofClient('10.88.1.1')).toHaveLength(1)
      group.client.ip('link', 'set', 'eth0', 'down')
      await until(
        async () => (await ofClient('10.88.1.1')).length === 0,
        30_000,
        'the end of the connection whose client is gone',
      )
      // Five seconds of questions and more have passed, twice the idle time: nothing was said on this one either.
      expect(await ofClient(ORIGIN)).toHaveLength(1)
      await Promise.all([alive.stop(), gone.stop()])
    })
  },
)
