/** The arrows of the house: who may import whom. That no files import each other in a circle is a rule of the linter. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

/** What each room may import of others, from the top down. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  packaging: ['runtime/cli', 'runtime/gateway', 'config'],
  loadtest: ['test', 'runtime/lab', 'actors', 'runtime/ports', 'runtime/table', 'runtime/wire'],
  'runtime/cli': [
    'runtime/lab',
    'runtime/terminal',
    'runtime/gateway',
    'actors',
    'runtime/actor-system',
    'config',
    'runtime/ports',
    'runtime/wire',
  ],
  'runtime/lab': ['runtime/terminal', 'actors', 'runtime/table', 'runtime/wire'],
  'runtime/terminal': ['actors', 'runtime/actor-system'],
  'runtime/gateway': ['actors', 'runtime/actor-system', 'config', 'runtime/ports', 'runtime/table', 'runtime/wire'],
  actors: ['runtime/actor-system', 'config', 'runtime/ports', 'runtime/table', 'runtime/wire'],
  'runtime/actor-system': ['runtime/ports'],
  config: ['runtime/ports', 'runtime/table', 'runtime/wire'],
  'runtime/ports': ['runtime/table', 'runtime/wire'],
  'runtime/table': ['runtime/wire'],
  'runtime/wire': [],
}
/** Beside the gateway, who starts on Linux by itself: the entries of threads and of the command line, and what loads are made with. */
const STARTS_ON_LINUX = [
  'actors/forwarder/worker.ts',
  'runtime/actor-system/actor-system.ts',
  /^runtime\/actor-system\/threads\//,
  /^runtime\/cli\/(main|linux-host)\.ts$/,
  /^runtime\/cli\/commands\/(run|compile-ahead)\.ts$/,
  /^(loadtest|runtime\/gateway)\//,
  /\/linux\//,
]

interface Import {
  readonly from: string
  readonly to: string
}

const sources = ['actors', 'config', 'loadtest', 'packaging', 'runtime'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)
const imports: readonly Import[] = sources.flatMap((from) =>
  [...readFileSync(join(root, from), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, to]) => {
    return { from, to: normalize(join(dirname(from), to!)) }
  }),
)
const roomOf = (file: string): string => /^runtime\/[a-z-]+(?=\/)|^[a-z]+/.exec(file)![0]

test('every file is in a room', () => {
  expect(sources.length).toBeGreaterThan(300)
  expect(sources.filter((file) => !(roomOf(file) in ROOMS))).toEqual([])
})

test('arrows run down', () => {
  const upward = imports.filter(
    ({ from, to }) => roomOf(from) !== roomOf(to) && !ROOMS[roomOf(from)]!.includes(roomOf(to)),
  )
  expect(upward).toEqual([])
})

/** Who imports whom: a row for each room, from the top down, and a column for each that is imported. All marks are above the diagonal. */
function drawing(): string {
  const rooms = Object.keys(ROOMS)
  const names = rooms.map((room) => room.replace('runtime/', ''))
  const isDrawn = new Set(imports.map(({ from, to }) => `${roomOf(from)} ${roomOf(to)}`))
  const width = Math.max(...rooms.map((room) => room.length))
  const isImported = (room: string) => rooms.some((from) => from !== room && isDrawn.has(`${from} ${room}`))
  const columns = rooms.map((room, at) => ({ room, name: names[at]! })).filter(({ room }) => isImported(room))
  const row = (title: string, marks: readonly string[]) => `${title.padEnd(width)}  ${marks.join('  ')}`.trimEnd()
  const marksOf = (from: string) =>
    columns.map(({ room, name }) => (room !== from && isDrawn.has(`${from} ${room}`) ? 'x' : '').padEnd(name.length))
  return [
    row(
      '',
      columns.map(({ name }) => name),
    ),
    ...rooms.map((room) => row(room, marksOf(room))),
  ].join('\n')
}

test('the drawing of the rooms in ARCHITECTURE.md is that of the imports', () => {
  expect(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')).toContain(`\`\`\`\n${drawing()}\n\`\`\`\n`)
})

test('of another actor an actor knows the messages alone', () => {
  const actorOf = (file: string) => /^actors\/([^/]+)/.exec(file)?.[1]
  const inside = imports.filter(
    ({ from, to }) => actorOf(from) && actorOf(to) && actorOf(from) !== actorOf(to) && !to.endsWith('/messages.ts'),
  )
  expect(inside).toEqual([])
})

test('what speaks to Linux is chosen by who puts a process together', () => {
  const mayStart = (file: string) =>
    STARTS_ON_LINUX.some((one) => (typeof one === 'string' ? one === file : one.test(file)))
  expect(imports.filter(({ from, to }) => to.includes('/linux/') && !mayStart(from))).toEqual([])
})
