import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, START_PATIENCE_MS, until, VIP } from '../group.ts'

/** A director with a connection through it, and a node that could follow, whose files change while they run. */
describeInNamespaces('another configuration for a gateway that runs', { programs: ['squid', 'curl'] }, (namespaces) => {
  let group: Group
  let director: GatewayNode
  let kept: RunningProgram
  let proxy: string | undefined

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89], settings: 'timeouts: { drain: 1s }' })
    director = group.nodes[0]!
    await group.start()
    const script = new URL('../fixtures/kept-connection.ts', import.meta.url)
    kept = group.client.startScript(script, CLIENTS[0]!, VIP, '8080', 'http://10.88.0.99/')
    proxy = (await ask()).proxy
  }, 2 * START_PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  async function ask(): Promise<{ readonly status?: number; readonly proxy?: string }> {
    kept.process.stdin!.write('\n')
    return JSON.parse(await kept.nextLine())
  }
  const edit = (before: string | RegExp, after: string) => {
    const file = readFileSync(director.configFile, 'utf8')
    const edited = file.replace(before, after)
    expect(edited).not.toBe(file)
    writeFileSync(director.configFile, edited)
    return () => writeFileSync(director.configFile, file)
  }
  const reload = (...options: string[]) => director.proxyha('reload', '-s', director.socket, ...options)
  const transitions = async () => (await director.status())?.vrrp.transitions
  const priority = async () => ((await director.status())?.vrrp as { priority?: number } | undefined)?.priority

  it('is applied: no transition, and the connection goes on', async () => {
    const before = await transitions()
    edit('directorPriority: 99', 'directorPriority: 120')
    edit('drain: 1s', 'drain: 1s, idle: 5m')
    expect(await reload('--check')).toMatchObject({ code: 0 })
    expect(await priority()).toBe(99)
    expect(await reload()).toEqual({
      code: 0,
      stdout: 'directorPriority: 99 -> 120\ntimeouts.idle: 600s -> 300s\ntimeouts.tunnel: 0s -> 300s\n',
      stderr: '',
    })
    await until(async () => (await priority()) === 120, 10_000, 'the priority of the new configuration')
    expect(await reload()).toMatchObject({ code: 0, stdout: 'nothing has changed\n' })
    expect([await transitions(), director.holdsVip()]).toEqual([before, true])
    expect(await ask()).toEqual({ status: 200, proxy })
  })

  it('is refused whole where one setting needs a start', async () => {
    const restore = edit('directorPriority: 120', 'directorPriority: 130\nclients: { tableSize: 1024 }')
    const { code, stdout, stderr } = await reload()
    restore()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^clients\.tableSize: 65536 -> 1024: .*; restart it\nnothing was changed\n$/)
    await until(async () => (await priority()) === 120, 10_000, 'the priority of the new configuration')
  })

  it('is refused with every mistake where the file has some', async () => {
    const restore = edit(
      /directorPriority: 120.*redirects:/s,
      'directorPriority: 300\ntrack: { gateway: 5 }\nredirects:',
    )
    const { code, stderr } = await reload()
    restore()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^directorPriority: .*\ntrack\.gateway: .*\nnothing was changed\n$/s)
    await until(async () => (await priority()) === 120, 10_000, 'the priority of the new configuration')
  })

  it('SIGHUP does the same', async () => {
    edit('directorPriority: 120', 'directorPriority: 110')
    director.gateway!.process.kill('SIGHUP')
    await until(async () => (await priority()) === 110, 10_000, 'the priority of the file after SIGHUP')
    expect(await ask()).toEqual({ status: 200, proxy })
  })
})
