import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { asServiceUser, SERVICE_USER } from '../service-user.ts'
import { UnixReceiver } from '../unix-receiver.ts'
import { type GatewayNode, Group, PROXYHA, START_PATIENCE_MS, until } from './group.ts'

/** A gateway that was started as systemd does it: whom it tells, and where it keeps what is its own. */
describeInNamespaces('a gateway as a service', { programs: ['squid', 'nsenter', 'setpriv'] }, (namespaces) => {
  let group: Group
  let node: GatewayNode
  let folder: string
  let manager: UnixReceiver
  /** What was told in the life of the present gateway. */
  let told: string[] = []

  const heard = (): readonly string[] => {
    told.push(...manager.received().flatMap((message) => message.split('\n')))
    return told
  }
  const hears = (line: string | RegExp, from = 0) =>
    until(
      () =>
        heard()
          .slice(from)
          .some((one) => (typeof line === 'string' ? one === line : line.test(one))),
      START_PATIENCE_MS,
      () => `${line} after ${from}: ${heard().join(' | ')}`,
    )
  const keepAlives = () => heard().filter((line) => line === 'WATCHDOG=1').length
  const status = (...parameters: string[]) => node.proxyha(...parameters, '-s', node.socket)

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'proxyha-service-'))
    for (const name of ['run', 'state']) mkdirSync(join(folder, name), { mode: 0o700 })
    manager = new UnixReceiver(join(folder, 'notify'))
    const service = [
      `NOTIFY_SOCKET=${join(folder, 'notify')}`,
      'WATCHDOG_USEC=10000000',
      `STATE_DIRECTORY=${join(folder, 'state')}`,
    ]
    group = new Group(namespaces, { priorities: [99], startedBy: [['env', ...service]] })
    node = group.nodes[0]!
    node.startProxy()
  })
  beforeEach(() => {
    manager.received()
    told = []
    node.startGateway()
  })
  afterEach(() => node.stopGateway('SIGKILL'))
  afterAll(async () => {
    await namespaces.close()
    group.close()
    manager.close()
    rmSync(folder, { recursive: true })
  })

  it('tells that it is ready, lives, what it does, reloads and stops, in that order', async () => {
    await hears('READY=1')
    expect((await status('status')).code).toBe(0)
    await hears('STATUS=MASTER, 1 node')
    await hears('WATCHDOG=1')
    const [before, running] = [heard().length, keepAlives()]
    expect((await status('reload')).code).toBe(0)
    await hears('READY=1', before)
    expect(
      heard()
        .slice(before)
        .filter((line) => !line.startsWith('WATCHDOG')),
    ).toEqual(['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=\d+$/), 'READY=1'])
    await until(() => keepAlives() > running, 10_000, 'it to be kept alive after the reload')
    await node.stopGateway('SIGTERM')
    expect(heard().slice(-3)).toEqual(['STOPPING=1', 'EXTEND_TIMEOUT_USEC=23000000', 'STATUS=stopping'])
  }, 90_000)

  it('a reload by SIGHUP that is refused is over, too', async () => {
    await hears('READY=1')
    const before = heard().length
    writeFileSync(node.configFile, 'nothing: of that kind\n')
    node.gateway!.process.kill('SIGHUP')
    await hears('RELOADING=1', before)
    await hears('READY=1', before)
  }, 90_000)

  it('is not kept alive while its elector stands still, and is again afterwards', async () => {
    await hears('WATCHDOG=1')
    expect(await node.get('/test/stall?actor=elector&ms=8000')).toEqual({ ok: true })
    const arrivals: number[] = [performance.now()]
    const watched = () => {
      const count = keepAlives()
      if (count > seen) arrivals.push(performance.now())
      seen = count
    }
    let seen = keepAlives()
    // Its place is taken by another thread after five seconds, of which those count that are more than three.
    await until(
      async () => {
        watched()
        const actors = (await node.get('/actors')) as readonly { readonly name: string; readonly restarts: number }[]
        return actors?.find(({ name }) => name === 'elector')?.restarts === 1
      },
      30_000,
      'the elector to be started again',
    )
    const before = keepAlives()
    await until(
      () => {
        watched()
        return keepAlives() > before
      },
      20_000,
      'it to be kept alive again',
    )
    const gaps = arrivals.slice(1).map((at, index) => at - arrivals[index]!)
    expect(Math.max(...gaps)).toBeGreaterThan(2500)
  }, 90_000)

  it('a node that drains does so after a reboot, which leaves nothing of what was in /run', async () => {
    await hears('READY=1')
    expect(await status('drain', 'node0', '--timeout', '1s')).toMatchObject({ stderr: expect.any(String) })
    await node.stopGateway('SIGKILL')
    rmSync(group.controlFolder, { recursive: true })
    mkdirSync(group.controlFolder, { mode: 0o700 })
    node.startGateway()
    await until(
      async () => (await node.status())?.nodes.find(({ self }) => self)?.state === 'draining',
      START_PATIENCE_MS,
      'the node to drain',
    )
    expect((await status('undrain', 'node0')).code).toBe(0)
  }, 120_000)

  it('a folder for its state in which others may put files is refused', async () => {
    await node.stopGateway('SIGKILL')
    chownSync(join(folder, 'state'), 65_534, 65_534)
    const { code, stderr } = await node.namespace.run('env', [
      `STATE_DIRECTORY=${join(folder, 'state')}`,
      ...node.command,
    ])
    chownSync(join(folder, 'state'), 0, 0)
    expect([code, stderr]).toEqual([1, expect.stringContaining('STATE_DIRECTORY: ')])
  }, 60_000)

  describe('whose configuration names no control socket', () => {
    const PRIVATE_RUN = 'mount -t tmpfs tmpfs /run && mkdir /run/proxyha && exec "$@"'
    let first: RunningProgram
    /** Runs it where that gateway lives, with a /run of its own. */
    const beside = (...command: readonly string[]) =>
      node.namespace.run('nsenter', ['-t', String(first.process.pid), '-m', '-n', '--', ...command])
    const startFirst = async (...by: readonly string[]) => {
      await node.stopGateway('SIGKILL')
      writeFileSync(node.configFile, readFileSync(node.configFile, 'utf8').replace(/^control:.*$/m, ''))
      first = node.namespace.start('sh', ['-c', PRIVATE_RUN, 'sh', ...by, ...node.command])
      await until(async () => (await beside(PROXYHA, 'status')).code === 0, START_PATIENCE_MS, 'it to answer')
    }
    afterEach(() => first.stop('SIGTERM'))

    it('is found by commands in the folder that was made for it, and keeps one that is started by hand out', async () => {
      await startFirst('env', 'RUNTIME_DIRECTORY=/run/proxyha')
      expect((await beside('ls', '/run/proxyha')).stdout).toBe(
        'proxyha.sock\nproxyha.sock.lock\nproxyha.sock.timeline\n',
      )
      expect(await beside(...node.command)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('/run/proxyha/proxyha.sock: another gateway runs with this control socket'),
      })
      expect((await beside(PROXYHA, 'status')).code).toBe(0)
    }, 90_000)

    it('keeps the service out where it was started by hand, also by another user', async () => {
      await startFirst('env')
      const service = ['env', 'RUNTIME_DIRECTORY=/run/proxyha', ...node.command]
      expect(await beside(...service)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('/run/proxyha.sock: another gateway runs with this control socket'),
      })
      await beside('chown', '-R', String(SERVICE_USER), '/run/proxyha')
      expect(await beside(...asServiceUser(), ...service)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('/run/proxyha.sock: a gateway of another user may run with this socket'),
      })
    }, 90_000)
  })
})
