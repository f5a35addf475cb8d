import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CapturedCli } from '../../runtime/cli/captured-cli.ts'
import { bytesOf, type FuzzTarget, holds, textOf } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'

const folder = new URL('../../runtime/cli/recordings/', import.meta.url)
/** Of each recording its first lines. */
const LINES = 4
const seeds = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n').slice(0, LINES).join('\n'))
  .filter((text) => text.length < 16_384)

const place = mkdtempSync(join(tmpdir(), 'proxyha-fuzz-'))
const [recording, configuration] = [join(place, 'recording'), join(place, 'gateway.yaml')]
mkdirSync(place, { recursive: true })
writeFileSync(
  configuration,
  'virtualIps: [10.0.0.5/24]\nredirects: [{originalPorts: [8080], proxyPort: 3128}]\ncluster: { key: a-key-of-the-group-0123456789 }\n',
)

function inJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Files of `run --record`, replayed: exit code 0 or 1, and a word about it. */
export const replayed: FuzzTarget = {
  name: 'replay',
  mostBytes: 16_384,
  boundMs: 500,
  seeds: seeds.map(bytesOf),
  words: [
    '\n',
    '{"recording":1,',
    '"machine":"',
    '"state":',
    '"event":',
    '"nowMs":',
    '"at":',
    'null',
    ...['elector', 'announcer', 'discovery', 'dispatcher', 'watcher', 'notifier'],
  ],
  mutate(input, random) {
    const lines = textOf(input).split('\n')
    const at = random.uint32() % lines.length
    const line =
      JSON.stringify(mutatedTree(inJson(lines[at]!), random, ['$', 'v', 'Map', 'type', 'state', 'event', 'nowMs'])) ??
      ''
    return bytesOf(lines.with(at, line).join('\n'))
  },
  async run(input) {
    writeFileSync(recording, input)
    const { code, stdout, stderr } = await new CapturedCli().output('replay', recording, '--all', '-c', configuration)
    holds(code === 0 || code === 1, 'a command ends with 0 or 1')
    holds(stdout + stderr !== '', 'a command says something')
    return `${code} ${stderr.slice(recording.length, recording.length + 40).replaceAll(/\d+/g, '')}`
  },
  close: async () => rmSync(place, { recursive: true }),
}
