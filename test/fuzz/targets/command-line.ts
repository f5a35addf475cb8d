import { CommanderError, InvalidArgumentError } from 'commander'
import { parseDurationMs, parsePortRange } from '../../../config/fields.ts'
import { readRedirect } from '../../../runtime/cli/init/answers.ts'
import { durationOption } from '../../../runtime/cli/node-orders.ts'
import { clientAddress, wholeNumber } from '../../../runtime/cli/options.ts'
import { loadCommandLine } from '../../../runtime/cli/program.ts'
import { parseHost } from '../../../runtime/cli/tcp-door.ts'
import { bytesOf, type FuzzTarget, holds, textOf, thrownBy } from '../target.ts'

const commandLine = await loadCommandLine()

/** Silent, and of its commands none is run. */
function quietProgram() {
  const program = commandLine()
  const output = { writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined }
  program.configureOutput(output)
  for (const command of program.commands) command.configureOutput(output)
  return program
}

/** Command lines, a word a line; and the first word as each kind of value. */
export const commandLines: FuzzTarget = {
  name: 'command-line',
  mostBytes: 300,
  seeds: [
    'which\n10.0.0.7',
    'drain\njupiter\n--timeout\n5m',
    'maint\njupiter\n--timeout=30s',
    'clients\n-n\n20\n--offset\n5\n--json',
    'status\n--host\n10.10.74.86:9253\n--token-file\nx',
    'assign\n10.0.0.7\njupiter',
    'init\n--virtual-ip\n10.0.0.5/24\n--redirect\n8080:3128\n--virtual-router-id\n7',
    'import\nk.conf\n--redirect\n80:3128',
    '2.5s',
    '50000-50100',
    '8080:3128',
    'https://gateway.example/ha',
    'events\n--follow\n--help',
    '--version',
  ].map(bytesOf),
  words: ['\n--', '\n-', '=', 'ms', 'h', 's', ':80', '[::1]', '@', '//', '0', '\n'],
  run(input) {
    const words = textOf(input).split('\n')
    const [word = ''] = words
    const kinds = [
      () => clientAddress(word),
      () => wholeNumber(1, 65_536)(word),
      () => durationOption(1)(word),
      () => parseHost(word),
    ]
    const taken = kinds.map((read) => thrownBy(read, InvalidArgumentError) === undefined)
    const ms = parseDurationMs(word)
    holds(ms === undefined || (Number.isFinite(ms) && ms >= 0), 'a duration is a number of milliseconds')
    const range = parsePortRange(word)
    holds(
      range === undefined || (range.first >= 1 && range.last <= 65_535 && range.first <= range.last),
      'a range is of ports',
    )
    const redirect = readRedirect(word)
    holds(
      typeof redirect === 'string' || redirect.originalPort + redirect.proxyPort <= 131_070,
      'a redirect is of ports',
    )
    const thrown = thrownBy(() => quietProgram().parse(words, { from: 'user' }), CommanderError)
    const code = thrown === undefined ? 'taken' : (thrown as CommanderError).code
    return `${taken} ${ms !== undefined} ${range !== undefined} ${typeof redirect} ${words.length > 1 ? '' : code}`
  },
}
