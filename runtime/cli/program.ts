import { Command, CommanderError } from 'commander'
import { readVersion } from '../gateway/version.ts'
import { printable } from '../terminal/look.ts'
import { type CliEnv, CliError } from './env.ts'
import type { Choose } from './options.ts'

type AddCommand = (program: Command, env: CliEnv, choose: Choose) => void

/** In the order of the help. One that is named is loaded alone: a start pays for nothing of the others. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['init', async () => (await import('./commands/init.ts')).addInit],
  ['import', async () => (await import('./commands/import.ts')).addImport],
  ['run', async () => (await import('./commands/run.ts')).addRun],
  ['lab', async () => (await import('./commands/lab.ts')).addLab],
  ['status', async () => (await import('./commands/status.ts')).addStatus],
  ['top', async () => (await import('./commands/top.ts')).addTop],
  ['check', async () => (await import('./commands/check.ts')).addCheck],
  ['which', async () => (await import('./commands/which.ts')).addWhich],
  ['clients', async () => (await import('./commands/clients.ts')).addClients],
  ['doctor', async () => (await import('./doctor/doctor.ts')).addDoctor],
  ['failover', async () => (await import('./commands/failover.ts')).addFailover],
  ['drain', async () => (await import('./commands/drain.ts')).addDrain],
  ['maint', async () => (await import('./commands/maint.ts')).addMaint],
  ['undrain', async () => (await import('./commands/drain.ts')).addUndrain],
  ['forget', async () => (await import('./commands/forget.ts')).addForget],
  ['assign', async () => (await import('./commands/assign.ts')).addAssign],
  ['unassign', async () => (await import('./commands/assign.ts')).addUnassign],
  ['announce', async () => (await import('./commands/announce.ts')).addAnnounce],
  ['reload', async () => (await import('./commands/reload.ts')).addReload],
  ['events', async () => (await import('./commands/events.ts')).addEvents],
  ['actors', async () => (await import('./commands/actors.ts')).addActors],
  ['replay', async () => (await import('./commands/replay.ts')).addReplay],
  ['check-config', async () => (await import('./commands/check-config.ts')).addCheckConfig],
  ['compile-ahead', async () => (await import('./commands/compile-ahead.ts')).addCompileAhead],
])

/** It is there to have all of it in the compile cache. */
const COMPILES_ALL = 'compile-ahead'
/** As wide as any terminal is. */
const HELP_COLUMNS = 80

/** Runs one command and resolves with its exit code: 0 done, 1 failure or bad input, other codes as the command says. */
export async function runCli(env: CliEnv): Promise<number> {
  let action: (() => Promise<number>) | undefined
  const [name = ''] = env.args
  const isAlone = COMMANDS.has(name) && name !== COMPILES_ALL
  const commands = await loadCommands(isAlone ? [name] : [...COMMANDS.keys()])
  const program = withCommands(commands, env, (chosen) => {
    action = chosen
  })
  try {
    await program.parseAsync([...env.args], { from: 'user' })
    return action === undefined ? 1 : await action()
  } catch (error) {
    return exitCodeOf(error, env)
  }
}

/** Makes the command line as such, for who describes it: of its commands none can be run. */
export async function loadCommandLine(): Promise<() => Command> {
  const all = await loadCommands([...COMMANDS.keys()])
  return () => withCommands(all, {} as CliEnv, () => undefined)
}

const loadCommands = (names: readonly string[]): Promise<readonly (AddCommand | undefined)[]> =>
  Promise.all(names.map((name) => COMMANDS.get(name)?.()))

function withCommands(commands: readonly (AddCommand | undefined)[], env: CliEnv, choose: Choose): Command {
  const program = new Command('proxyha')
    .description('High availability and load balancing for a small group of proxy gateways on one subnet.')
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .configureHelp({ subcommandTerm: termOf })
    .configureOutput({
      writeOut: (text) => env.stdout.write(text),
      writeErr: (text) => env.stderr.write(text),
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      outputError: (text, write) => write(text.replace(/^error: /, 'proxyha: ')),
    })
    .showHelpAfterError('(proxyha --help, or proxyha COMMAND --help, tells more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failure or bad input.\n')
  for (const add of commands) add?.(program, env, choose)
  return program
}

/** A command in the list of all, with what it cannot do without: that each has options needs no room there. */
const termOf = (command: Command): string => [command.name(), ...operandsOf(command)].join(' ')

const operandsOf = ({ registeredArguments }: Command): readonly string[] =>
  registeredArguments.filter(({ required }) => required).map((operand) => `<${operand.name()}>`)

function exitCodeOf(error: unknown, env: CliEnv): number {
  // Commander has written its message itself; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
  if (error instanceof CliError) {
    for (const line of error.lines) env.stderr.write(`${printable(line)}\n`)
    return 1
  }
  throw error
}
