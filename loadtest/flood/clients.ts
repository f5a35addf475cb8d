/**
 * clients.ts HOST PORT ADDRESS...: from each local address a connection over which it asks again as soon as it is answered, and in turn, 50 a second,
 * new connections that ask once. Prints a line when all are open, and one for each message, of what came since
 * the last.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { ClientReport } from './plan.ts'

const NEW_EVERY_MS = 20
const PATIENCE_MS = 10_000

const [host = '', port = '', ...addresses] = process.argv.slice(2)
/** The node of each client, as its kept connection was told. */
const nodes = new Map<string, string>()
let lost = 0
let fresh = { answers: 0, opened: 0, strayed: 0, failed: 0, slowestMs: 0 }

/** A connection that has asked once; each answer is one line, the name of a node. */
function ask(localAddress: string, onAnswer: (node: string, socket: Socket) => void): Socket {
  const socket = connect({ host, port: Number(port), localAddress, noDelay: true })
  createInterface({ input: socket }).on('line', (node) => onAnswer(node, socket))
  socket.write('hello\n')
  return socket
}

function keep(address: string): Promise<void> {
  const opened = Promise.withResolvers<void>()
  const socket = ask(address, (node) => {
    nodes.set(address, node)
    fresh.answers++
    opened.resolve()
    socket.write('hello\n')
  })
  const end = () => {
    lost++
    opened.resolve()
  }
  socket.on('error', () => {}).on('close', end)
  return opened.promise
}

function open(address: string): void {
  const beganMs = performance.now()
  let answered = false
  const socket = ask(address, (node) => {
    answered = true
    fresh.opened++
    if (node !== nodes.get(address)) fresh.strayed++
    fresh.slowestMs = Math.max(fresh.slowestMs, performance.now() - beganMs)
    socket.destroy()
  })
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket
    .on('error', () => {})
    .on('close', () => {
      if (!answered) fresh.failed++
    })
}

function report(): void {
  const { slowestMs, ...counts } = fresh
  const said: ClientReport = { ...counts, lost, slowestMs: counts.opened === 0 ? null : slowestMs }
  console.log(JSON.stringify(said))
  fresh = { answers: 0, opened: 0, strayed: 0, failed: 0, slowestMs: 0 }
}

await Promise.all(addresses.map(keep))
report()
let turn = 0
setInterval(() => open(addresses[turn++ % addresses.length] ?? ''), NEW_EVERY_MS)
process.on('message', report)
