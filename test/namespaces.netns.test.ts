import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces, sweepNamespaces } from './namespaces.ts'

/** The pid of a process that has ended. */
const deadPid = () => execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim()

describeInNamespaces('namespaces of tests', {}, (namespaces) => {
  afterAll(() => namespaces.close())

  test('members of a subnet reach each other and nothing else', async () => {
    const [one, two] = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24').members
    const serve =
      'require("net").createServer((socket) => socket.end("hello")).listen(7, () => console.log("listening"))'
    const listener = two?.start(process.execPath, ['-e', serve])
    expect(await listener?.nextLine()).toBe('listening')
    const connect = 'require("net").connect(7, "10.77.0.2").on("data", (data) => process.stdout.write(data))'
    expect(await one?.run(process.execPath, ['-e', connect])).toEqual({ code: 0, stdout: 'hello', stderr: '' })
    expect(
      JSON.parse(one?.ip('-j', 'link') ?? '')
        .map(({ ifname }: { ifname: string }) => ifname)
        .sort(),
    ).toEqual(['eth0', 'lo'])
  })

  test('closing ends the programs that were started inside and removes the namespaces', async () => {
    const namespace = namespaces.create()
    const program = namespace.start('sleep', ['600'])
    await namespaces.close()
    expect(program.process.signalCode).toBe('SIGKILL')
    expect(existsSync(`/run/netns/${namespace.name}`)).toBe(false)
  })

  test('what a killed test process left behind is swept, running programs too; what lives stays', async () => {
    const left = `pha-${deadPid()}-1`
    const living = namespaces.create()
    execFileSync('ip', ['netns', 'add', left])
    const program = spawn('ip', ['netns', 'exec', left, 'sh', '-c', 'echo started; exec sleep 600'])
    await once(program.stdout, 'data')
    const ended = once(program, 'exit')
    sweepNamespaces()
    expect(existsSync(`/run/netns/${left}`)).toBe(false)
    expect(existsSync(`/run/netns/${living.name}`)).toBe(true)
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  test('a program that fails is told apart from one that succeeds, with its output', async () => {
    const namespace = namespaces.create()
    const result = await namespace.run('sh', ['-c', 'echo out; echo err >&2; exit 3'])
    expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
  })
})
