import type { Command } from 'commander'
import { judgeConfig } from '../../../config/load.ts'
import { formatPath, formatProblem, type Problem } from '../../../config/problems.ts'
import { judgeOnHost } from '../../../config/resolve.ts'
import type { GatewayFile } from '../../../config/schema.ts'
import { printable } from '../../terminal/look.ts'
import { type CliEnv, DEFAULT_CONFIG } from '../env.ts'
import type { Choose } from '../options.ts'

const HELP = `
Mistakes of the file, and what does not go with this host (its interface,
addresses, key file, folders), are told apart, each as one line on stderr: where
it is, what is wrong, and what to do. With --offline nothing of this host is
looked at: a file for another host can be checked where it is written.

--json prints {ok, mistakes, host, config} on stdout. mistakes and host are
lists of {path, message}; path is that of the key, such as
redirects[0].proxyPort, and empty where the file as a whole is meant. config is
there where ok is true: the file with the defaults filled in, durations in
milliseconds, secrets as "(secret)".

Exit codes: 0 right, 1 mistakes, or findings on this host.

Examples:
  proxyha check-config -c ./gateway.yaml
  proxyha check-config --offline --json | jq -r '.mistakes[].message'
`

interface CheckConfigOptions {
  readonly config: string
  readonly offline?: boolean
  readonly json?: boolean
}

/** What is wrong with a configuration; none of both: nothing. */
export interface Verdict {
  /** Of the file, wherever it is used. */
  readonly mistakes: readonly Problem[]
  /** Of this host. */
  readonly host: readonly Problem[]
  /** Undefined where the file has mistakes. */
  readonly file: GatewayFile | undefined
}

/** `proxyha check-config`: every mistake of a configuration. */
export function addCheckConfig(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('check-config')
    .description('check a configuration, and name every mistake')
    .option('-c, --config <file>', 'configuration', DEFAULT_CONFIG)
    .option('--offline', 'judge the file alone, without this host')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: CheckConfigOptions) => choose(() => checkConfig(options, env)))
}

/** Judges a file; with `host`, by what that says as well. */
export async function judge(path: string, host: CliEnv['host'] | null): Promise<Verdict> {
  const judged = judgeConfig(path, host !== null)
  if (!judged.ok) {
    const { mistakes = [], ofHost = [] } = Object.groupBy(judged.problems, (problem) =>
      problem.ofHost === true ? 'ofHost' : 'mistakes',
    )
    return { mistakes, host: ofHost, file: undefined }
  }
  const file = judged.value
  if (host === null) return { mistakes: [], host: [], file }
  const facts = await host.facts(file.interface)
  if (!facts.ok) {
    const text = `${facts.reason}; "ip link" lists those that there are`
    return { mistakes: [], host: [{ path: ['interface'], text }], file }
  }
  const onHost = judgeOnHost(file, facts.value)
  return { mistakes: [], host: onHost.ok ? [] : onHost.problems, file }
}

async function checkConfig({ config: path, offline, json }: CheckConfigOptions, env: CliEnv): Promise<number> {
  const verdict = await judge(path, offline ? null : env.host)
  const { mistakes, host } = verdict
  const isRight = mistakes.length === 0 && host.length === 0
  if (json) env.stdout.write(`${JSON.stringify(inJson(verdict), null, 2)}\n`)
  else if (isRight) env.stdout.write(`${path}: ok${offline ? ', as far as the file alone can tell' : ''}\n`)
  else {
    const lines = [
      ...headed(mistakes, `${path}: ${counted(mistakes, 'mistake')} in the file`),
      ...headed(host, `${path}: ${counted(host, 'finding')} on this host`),
    ]
    for (const line of lines) env.stderr.write(`${printable(line)}\n`)
  }
  return isRight ? 0 : 1
}

const counted = ({ length }: readonly Problem[], what: string): string => `${length} ${what}${length === 1 ? '' : 's'}`

/** Lines of one kind below their heading; none where there are none. */
const headed = (problems: readonly Problem[], heading: string): readonly string[] =>
  problems.length === 0 ? [] : [heading, ...problems.map(formatProblem)]

function inJson({ mistakes, host, file }: Verdict): Readonly<Record<string, unknown>> {
  const told = (problems: readonly Problem[]) =>
    problems.map(({ path, text }) => ({ path: formatPath(path), message: text }))
  const ok = mistakes.length === 0 && host.length === 0
  return {
    ok,
    mistakes: told(mistakes),
    host: told(host),
    ...(ok && file !== undefined ? { config: withoutSecrets(file) } : {}),
  }
}

const SECRET_KEYS: ReadonlySet<string> = new Set(['key', 'keys', 'token'])

/** The file, without what nobody may read in a log of a build. */
const withoutSecrets = (file: GatewayFile): unknown =>
  JSON.parse(JSON.stringify(file), (name, value: unknown) => (SECRET_KEYS.has(name) ? '(secret)' : value))
