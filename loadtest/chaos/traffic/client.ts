/**
 * client.ts HOST PORT KEPT ADDRESS...: from each of the first KEPT addresses a download, one after the other, and idle connections that are asked
 * now and then; and from every address in turn new connections, which ask once. Says several times a second what came of them. Asked by
 * a message, uses every kept connection once, begins a new one from every address, and says how many are open and who answered.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicMs } from '../../../runtime/lab/traffic.ts'
import type { Ends } from '../../group/kept-connection.ts'
import { FRESH_EVERY_MS, FRESH_PATIENCE_MS, IDLE_OF_EACH } from './amounts.ts'
import { CheckedConnection, type Ending } from './checked-connection.ts'
import type { FreshFailure, Loss, Move, TrafficReport, Used } from './report.ts'

/** Fifty seconds each. */
const DOWNLOAD_BYTES = 1024 * 1024
const KILOBYTE_EVERY_MS = 50
const ASK_EVERY_MS = 2000
/** The longest that a kept connection may stand still: what a group needs is far less, and TCP tries every two seconds at most. */
const KEPT_PATIENCE_MS = 30_000
const USE_PATIENCE_MS = 8000
const OPEN_AGAIN_MS = 500
const TELL_EVERY_MS = 200

const [host = '', port = '', kept = '', ...addresses] = process.argv.slice(2)
const keeping = addresses.slice(0, Number(kept))
const open = new Map<CheckedConnection, Loss['kind']>()
/** Who answered the last new connection of an address. */
const answerers = new Map<string, string>()

let answered = 0
let losses: Loss[] = []
let failures: FreshFailure[] = []
let moves: Move[] = []

const endsOf = (address: string): Ends => ({ host, port: Number(port), address })

async function keep(kind: Loss['kind'], address: string): Promise<never> {
  for (;;) {
    const connection = new CheckedConnection(endsOf(address))
    await use(kind, connection, FRESH_PATIENCE_MS)
    if (connection.ending === undefined) await guard(kind, address, connection)
    else tellFailure(address, connection, connection.ending)
    await pause(OPEN_AGAIN_MS)
  }
}

/** A question, the next bytes of the download, or another one where that has come to its end. */
function use(kind: Loss['kind'], connection: CheckedConnection, withinMs: number): Promise<void> {
  if (kind === 'idle') return connection.ask(withinMs)
  return connection.isLoading
    ? connection.goesOn(withinMs)
    : connection.load(DOWNLOAD_BYTES, KILOBYTE_EVERY_MS, withinMs)
}

/** Until it ends. */
async function guard(kind: Loss['kind'], client: string, connection: CheckedConnection): Promise<void> {
  open.set(connection, kind)
  const using = (async () => {
    while (connection.ending === undefined) {
      await pause(ASK_EVERY_MS * (0.75 + Math.random() / 2))
      // Whoever is asked for all connections at once asks by itself.
      if (connection.ending === undefined && !isChecking) await use(kind, connection, KEPT_PATIENCE_MS)
    }
  })()
  const { failure, aliveMs, toldMs } = await connection.ended
  open.delete(connection)
  losses.push({ kind, client, node: connection.node, failure, beganMs: connection.beganMs, aliveMs, toldMs })
  await using
}

async function begin(address: string): Promise<void> {
  const connection = new CheckedConnection(endsOf(address))
  await connection.ask(FRESH_PATIENCE_MS)
  if (connection.ending !== undefined) {
    tellFailure(address, connection, connection.ending)
    return
  }
  answered++
  const { node } = connection
  const former = answerers.get(address)
  answerers.set(address, node)
  if (former !== undefined && former !== node)
    moves.push({ client: address, from: former, to: node, atMs: connection.beganMs, wallMs: Date.now() })
  connection.hangUp()
}

function tellFailure(client: string, { beganMs, node }: CheckedConnection, { failure, toldMs }: Ending): void {
  failures.push({ client, node, failure, beganMs, toldMs })
}

let isChecking = false

async function useAll(): Promise<Used> {
  isChecking = true
  await Promise.all([...open].map(([connection, kind]) => use(kind, connection, USE_PATIENCE_MS)))
  isChecking = false
  // Where clients go now: the last one of an address may be two seconds old, and a node may have named that client since.
  await Promise.all(addresses.map(begin))
  return { open: open.size, answerers: Object.fromEntries(answerers) }
}

function tell(used: Used | null): void {
  const report: TrafficReport = { atMs: monotonicMs(), open: open.size, answered, losses, failures, moves, used }
  process.send?.(report)
  answered = 0
  losses = []
  failures = []
  moves = []
}

for (const address of keeping) {
  void keep('download', address)
  for (let index = 0; index < IDLE_OF_EACH; index++) void keep('idle', address)
}
let turn = 0
setInterval(() => void begin(addresses[turn++ % addresses.length]!), FRESH_EVERY_MS)
setInterval(() => tell(null), TELL_EVERY_MS)
process.on('message', async () => tell(await useAll()))
