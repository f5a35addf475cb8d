import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { prepareSandbox } from '../../../../runtime/lab/testbed/sandbox.ts'
import { until } from '../../../../runtime/lab/testbed/until.ts'

const prepared = prepareSandbox(process.getuid?.() === 0)
const lacking = prepared.ok ? '' : ` (skipped: ${prepared.reason})`

function call(...args: string[]): ChildProcess {
  const caller = fileURLToPath(new URL('./sandbox-caller.ts', import.meta.url))
  return spawn(process.execPath, [caller, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function outcomeOf(...args: string[]): Promise<{ code: number; output: string }> {
  const child = call(...args)
  const [output, [code]] = await Promise.all([
    text(child.stdout as NonNullable<typeof child.stdout>),
    once(child, 'close'),
  ])
  return { code: code as number, output }
}

/** The processes below one, as the machine's own /proc has them. */
function descendants(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Alive: a zombie that its new parent has not yet buried is not. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Interfaces and named namespaces of the machine itself. */
function machineNetwork(): readonly string[] {
  const named = existsSync('/run/netns') ? readdirSync('/run/netns') : []
  const links = spawnSync('ip', ['-br', 'link'], { encoding: 'utf8' }).stdout.split('\n')
  return [...named, ...links.map((line) => line.split(' ')[0] ?? '')].filter((name) => /^(one|two|to-|lan)/.test(name))
}

describe.skipIf(!prepared.ok)(`a sandbox${lacking}`, () => {
  it('runs the program on a network of its own, and ends with its exit code', async () => {
    const { code, output } = await outcomeOf('exit', '7')
    expect(code).toBe(7)
    expect(output).toMatch(/^eth0\S*\s+UP\s+10\.0\.0\.2\/24 10\.0\.0\.3\/24/)
    expect(machineNetwork()).toEqual([])
  })

  it('takes the carrier from a host whose cable is pulled, and gives it back', async () => {
    const { output } = await outcomeOf('cable')
    expect(output.trim()).toMatch(/^UP (DOWN|LOWERLAYERDOWN) UP$/)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 130],
    ['SIGKILL', null],
  ] as const)('leaves no process and no interface behind after %s of its caller', async (signal, expected) => {
    const child = call('linger')
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
    const inside = descendants(child.pid ?? -1)
    // unshare, the program, and what it started.
    expect(inside.length).toBeGreaterThanOrEqual(3)
    child.kill(signal)
    const [code] = await once(child, 'exit')
    expect(code).toBe(expected)
    await until(
      () => !inside.some(isAlive),
      5000,
      () => `the end of ${inside.filter(isAlive)}`,
    )
    expect(machineNetwork()).toEqual([])
  })
})
