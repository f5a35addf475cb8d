import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseConfig } from '../../../config/load.ts'
import { printable } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import { Draft } from '../import/draft.ts'
import { importedText, mappingOf } from '../import/gateway-text.ts'
import { importHaproxy } from '../import/haproxy.ts'
import { importKeepalived } from '../import/keepalived.ts'
import { reportLines } from '../import/report.ts'
import { fileSources, readText } from '../import/sources.ts'
import { readRedirect } from '../init/answers.ts'
import { writeFiles } from '../init/writing.ts'
import type { Choose } from '../options.ts'

const HELP = `
The configuration of the gateway goes to stdout, or to --output; on stderr is
what of the old one has no equivalent, means something else, or is not needed:
file, line, text, why, and what to do instead. Nothing is left out in silence.

Ports come from virtual_server and real_server, from frontends (bind) and
servers of haproxy.cfg, or from --redirect. Files that are included are read
from where they are. Check the result with: proxyha check-config --offline

Exit codes: 0 imported, also with differences; 1 nothing to go by, or what came
of it has mistakes, which are told.

Examples:
  proxyha import /etc/keepalived/keepalived.conf --redirect 8080:3128
  proxyha import keepalived.conf --haproxy haproxy.cfg -o gateway.yaml
`

interface ImportOptions {
  readonly haproxy?: string
  readonly redirect: readonly string[]
  readonly output?: string
  readonly force?: boolean
}

/** `proxyha import`: a configuration from that of keepalived and HAProxy. */
export function addImport(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('import')
    .argument('<file>', 'keepalived.conf')
    .description('a configuration from keepalived.conf and haproxy.cfg')
    .option('--haproxy <file>', 'haproxy.cfg, whose frontends and servers are the ports')
    .option(
      '--redirect <port[:proxyport]>',
      'a port that clients use, and that of the proxy; may be repeated',
      (value: string, former: readonly string[]) => [...former, value],
      [],
    )
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .option('--force', 'replace what is there')
    .addHelpText('after', HELP)
    .action((file: string, options: ImportOptions) => choose(async () => importFile(file, options, env)))
}

const FILE_MODE = 0o644

function importFile(path: string, options: ImportOptions, env: CliEnv): number {
  const output = options.output === undefined ? undefined : resolve(options.output)
  if (output !== undefined && existsSync(output) && options.force !== true)
    throw new CliError(`${output}: is there already; --force replaces it`)
  const draft = draftOf(path, options)
  const tell = (lines: readonly string[]): void => {
    for (const line of lines) env.stderr.write(`${printable(line)}\n`)
  }
  tell(reportLines(draft.differences))
  if (draft.instances.length === 0) throw new CliError(`${path}: no vrrp_instance that could be imported`)
  const from = [path, ...(options.haproxy === undefined ? [] : [options.haproxy])]
  const text = importedText(mappingOf(draft), from)
  if (output === undefined) env.stdout.write(text)
  else writeFiles([{ path: output, text, mode: FILE_MODE }], options.force === true)
  return tellMistakes(text, draft, tell)
}

/** Everything that is read, by the flags first: they count before the files. @throws CliError where a file cannot be read */
function draftOf(path: string, { haproxy, redirect }: ImportOptions): Draft {
  const draft = new Draft()
  for (const written of redirect) {
    const read = readRedirect(written)
    if (typeof read === 'string') throw new CliError(`--redirect: ${read}`)
    const place = { file: '--redirect', line: 1, text: written }
    draft.redirect({ protocol: undefined, proxyProtocol: undefined, ...read }, place)
  }
  const own = readText(path)
  if (!own.ok) throw new CliError(`${path} ${own.reason}`)
  importKeepalived(path, fileSources, draft)
  if (haproxy === undefined) return draft
  const text = readText(haproxy)
  if (!text.ok) throw new CliError(`${haproxy} ${text.reason}`)
  importHaproxy(haproxy, text.text, draft)
  return draft
}

function tellMistakes(text: string, { redirects }: Draft, tell: (lines: readonly string[]) => void): number {
  const judged = parseConfig(text)
  if (judged.ok) return 0
  const lines = judged.problems.map((problem) =>
    redirects.length === 0 && problem.startsWith('redirects:')
      ? 'redirects: which ports are forwarded is not known: name them by --redirect PORT:PROXYPORT, or by --haproxy'
      : problem,
  )
  tell(['What is still wrong with the new configuration:', ...lines])
  return 1
}
