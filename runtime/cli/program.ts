import { Command, CommanderError } from 'commander'
import { readVersion } from '../gateway/version.ts'
import { addActors } from './commands/actors.ts'
import { addAnnounce } from './commands/announce.ts'
import { addCheck } from './commands/check.ts'
import { addCheckConfig } from './commands/check-config.ts'
import { addClients } from './commands/clients.ts'
import { addCompileAhead } from './commands/compile-ahead.ts'
import { addDrain, addUndrain } from './commands/drain.ts'
import { addEvents } from './commands/events.ts'
import { addFailover } from './commands/failover.ts'
import { addForget } from './commands/forget.ts'
import { addImport } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addLab } from './commands/lab.ts'
import { addMaint } from './commands/maint.ts'
import { addReload } from './commands/reload.ts'
import { addRun } from './commands/run.ts'
import { addStatus } from './commands/status.ts'
import { addWhich } from './commands/which.ts'
import { addDoctor } from './doctor/doctor.ts'
import { type CliEnv, CliError } from './env.ts'
import type { Choose } from './options.ts'
import { printable } from './table.ts'

const COMMANDS = [
  addInit,
  addImport,
  addRun,
  addLab,
  addStatus,
  addCheck,
  addWhich,
  addClients,
  addDoctor,
  addFailover,
  addDrain,
  addMaint,
  addUndrain,
  addForget,
  addAnnounce,
  addReload,
  addEvents,
  addActors,
  addCheckConfig,
  addCompileAhead,
]

/** Runs one command and resolves with its exit code: 0 done, 1 failure or bad input, other codes as the command says. */
export async function runCli(env: CliEnv): Promise<number> {
  let action: (() => Promise<number>) | undefined
  const program = withCommands(env, (chosen) => {
    action = chosen
  })
  try {
    await program.parseAsync([...env.args], { from: 'user' })
    return action === undefined ? 1 : await action()
  } catch (error) {
    return exitCodeOf(error, env)
  }
}

/** The command line as such, for who describes it: of its commands none can be run. */
export const commandLine = (): Command => withCommands({} as CliEnv, () => undefined)

function withCommands(env: CliEnv, choose: Choose): Command {
  const program = new Command('proxyha')
    .description('High availability and load balancing for a small group of proxy gateways on one subnet.')
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => env.stdout.write(text),
      writeErr: (text) => env.stderr.write(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      outputError: (text, write) => write(text.replace(/^error: /, 'proxyha: ')),
    })
    .showHelpAfterError('(proxyha --help, or proxyha COMMAND --help, tells more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failure or bad input.\n')
  for (const add of COMMANDS) add(program, env, choose)
  return program
}

function exitCodeOf(error: unknown, env: CliEnv): number {
  // Commander has written its message itself; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
  if (error instanceof CliError) {
    for (const line of error.lines) env.stderr.write(`${printable(line)}\n`)
    return 1
  }
  throw error
}
