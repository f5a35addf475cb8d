import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { judgeMapping } from '../../../config/load.ts'
import { Draft } from '../../../runtime/cli/import/draft.ts'
import { importedText, mappingOf } from '../../../runtime/cli/import/gateway-text.ts'
import { importHaproxy } from '../../../runtime/cli/import/haproxy.ts'
import { importKeepalived } from '../../../runtime/cli/import/keepalived.ts'
import { reportLines } from '../../../runtime/cli/import/report.ts'
import { bytesOf, type FuzzTarget, holds, same, textOf } from '../target.ts'
import { holdsOfProblems } from './yaml-samples.ts'

const folder = fileURLToPath(new URL('../../runtime/cli/import/files/', import.meta.url))
const filesOf = (pattern: string) => globSync(`${folder}${pattern}`).map((file) => readFileSync(file, 'utf8'))
/** Words of a file, and of its lines that mean something. */
const wordsIn = (texts: readonly string[]) => [...new Set(texts.flatMap((text) => text.match(/[a-z_0-9]{3,}/g) ?? []))]

/** What comes of a draft: a text that is YAML and holds the draft, and a list of what was left out. */
function holdsOfDraft(draft: Draft, lines: number): string {
  const mapping = mappingOf(draft)
  const text = importedText(mapping, ['a file'])
  same(parse(text), JSON.parse(JSON.stringify(mapping)), 'the text of an import holds what was imported')
  const told = reportLines(draft.differences)
  holds(draft.differences.length <= 4 * lines + 40, 'an import lists about as much as it has read')
  holds(
    told.every((line) => !line.includes('\n')),
    'what is listed is one line each',
  )
  const judged = judgeMapping(mapping)
  if (!judged.ok) holdsOfProblems(judged.problems, false)
  return judged.ok ? 'right' : judged.problems[0]!.path.slice(0, 1).join('.')
}

const linesIn = (text: string): number => text.split(/[\n{}]/).length

const confs = filesOf('*.conf')
export const keepalived: FuzzTarget = {
  name: 'keepalived',
  mostBytes: 4096,
  seeds: confs.map(bytesOf),
  words: [
    ...wordsIn(confs),
    '{',
    '}',
    '\\\n',
    '$A=',
    '$A',
    '$'.concat('{A}'),
    '@host ',
    '~SEQ(',
    'include ',
    'include same',
    '"',
    '#',
    '!',
  ],
  run(input) {
    const text = textOf(input)
    const draft = new Draft()
    // What it includes is itself.
    const sources = {
      read: () => ({ ok: true, text }) as const,
      included: (pattern: string) => (pattern.startsWith('same') ? ['same.conf'] : []),
    }
    importKeepalived(basename('k.conf'), sources, draft)
    const files = /include/.test(text) ? 33 : 1
    return holdsOfDraft(draft, files * linesIn(text))
  },
}

const cfgs = filesOf('*.cfg')
export const haproxy: FuzzTarget = {
  name: 'haproxy',
  mostBytes: 4096,
  seeds: [
    ...cfgs,
    'global\n maxconn 4000\ndefaults\n mode tcp\n timeout client 1h\n timeout server 30s\nfrontend f\n bind 10.0.0.5:8080 name x\n bind :::443 v6only\n default_backend b\nbackend b\n balance source\n option httpchk GET http://x/\n server a 10.0.0.1:3128 check weight 50 inter 2s send-proxy-v2\n server b 10.0.0.2:3128 backup\nlisten l\n bind *:21,10.0.0.5:50000-50100\n server a 127.0.0.1:21\n',
  ].map(bytesOf),
  words: [
    ...wordsIn(cfgs),
    'bind ',
    'server ',
    'timeout ',
    'option ',
    'default_backend ',
    'frontend ',
    'backend ',
    'listen ',
    '"',
    '\\ ',
    '#',
    ':::443',
    '*:80-90',
  ],
  run(input) {
    const text = textOf(input)
    const draft = new Draft()
    importHaproxy('haproxy.cfg', text, draft)
    return holdsOfDraft(draft, linesIn(text))
  },
}
