import { describe, expect, test } from 'vitest'
import { CapturedCli } from './captured-cli.ts'

const COMMANDS = [
  'run',
  'lab',
  'status',
  'check',
  'which',
  'clients',
  'failover',
  'announce',
  'events',
  'actors',
  'check-config',
]

describe('help', () => {
  test('names every command and the exit codes', async () => {
    const { code, stdout } = await new CapturedCli().output('--help')
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    expect(stdout).toContain('Exit codes:')
  })

  test.each(COMMANDS)('%s --help has an example that begins with it', async (command) => {
    const { code, stdout } = await new CapturedCli().output(command, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Examples?:$/m)
    expect(stdout).toContain(`  proxyha ${command}`)
  })

  test('no line of it, of any command, is over 80 columns', async () => {
    const { stdout } = await new CapturedCli().output('--help')
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+)/gm)].map(([, command]) => command!)
    expect(commands.length).toBeGreaterThan(18)
    const helps = await Promise.all(commands.map((command) => new CapturedCli().output('help', command)))
    const lines = [stdout, ...helps.map(({ stdout }) => stdout)].flatMap((text) => text.split('\n'))
    expect(lines.filter(({ length }) => length > 80)).toEqual([])
  })

  test('is shown on stderr when there is no command, which is a failure', async () => {
    const { code, stdout, stderr } = await new CapturedCli().output()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Usage: proxyha')
  })

  test('--version is that of the package', async () => {
    const { code, stdout } = await new CapturedCli().output('--version')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('bad input is a clear line on stderr and exit code 1', () => {
  test.each([
    [['stat'], "proxyha: unknown command 'stat'\n(Did you mean status?)"],
    [['frobnicate'], "proxyha: unknown command 'frobnicate'"],
    [['status', '--jsno'], "proxyha: unknown option '--jsno'\n(Did you mean --json?)"],
    [['status', 'extra'], 'proxyha: too many arguments'],
    [['which'], "proxyha: missing required argument 'client-ip'"],
    [['which', '10.0.0.256'], "'10.0.0.256' is invalid for argument 'client-ip'. It must be an IP address."],
    [['clients', '-n', '0'], "argument '0' is invalid. It must be 1..65536."],
    [['clients', '-n', '65537'], "argument '65537' is invalid. It must be 1..65536."],
    [['clients', '-n', '1.5'], "argument '1.5' is invalid"],
    [['run', '-c'], "option '-c, --config <file>' argument missing"],
  ])('%j', async (args, line) => {
    const { code, stdout, stderr } = await new CapturedCli().output(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(line)
  })
})

test.each([
  ['status'],
  ['which', '10.0.0.7'],
  ['clients'],
  ['events'],
  ['events', '--follow'],
  ['actors'],
  ['check'],
  ['doctor'],
  ['failover'],
  ['announce'],
])('%s: without a gateway it says so, and what to do', async (...args) => {
  const { code, stdout, stderr } = await new CapturedCli().output(...args, '-s', '/nowhere/proxyha.sock')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toBe(
    'no gateway runs here: /nowhere/proxyha.sock is not there; start one with "proxyha run -c FILE", or name its control socket with -s\n',
  )
})
