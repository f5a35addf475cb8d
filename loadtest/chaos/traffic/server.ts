/**
 * server.ts NAME PORT [ADDRESS]: in the place of a proxy. To the line `ask ID` it says `NAME ID`. To `load ID BYTES MS` it says `NAME ID BYTES`
 * and sends the body of that download, a kilobyte every so many milliseconds. A message `{delayMs}` makes it slow. Unbound without an address.
 */
import { createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { bodyOf } from './body.ts'

/** What it can be told. */
export interface ServerOrder {
  /** Before each answer. */
  readonly delayMs: number
}

const CHUNK_BYTES = 1024
/** A question is shorter: whoever sends more without an end of a line asks nothing. */
const QUESTION_MAX = 200

const [name = '', port = '', address = '0.0.0.0'] = process.argv.slice(2)
let delayMs = 0

process.on('message', (order: ServerOrder) => {
  delayMs = order.delayMs
})

createServer((socket) => {
  let rest = ''
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    const lines = (rest + data.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > QUESTION_MAX) socket.destroy()
    for (const line of lines) void answer(socket, line)
  })
}).listen(Number(port), address)

async function answer(socket: Socket, line: string): Promise<void> {
  const [what, id = '', bytes = '0', everyMs = '0'] = line.split(' ')
  if (delayMs > 0) await pause(delayMs)
  if (socket.destroyed) return
  if (what === 'ask') socket.write(`${name} ${id}\n`)
  else if (what === 'load') {
    socket.write(`${name} ${id} ${bytes}\n`)
    send(socket, Number(id), Number(bytes), Number(everyMs))
  } else socket.destroy()
}

function send(socket: Socket, id: number, bytes: number, everyMs: number): void {
  let sent = 0
  const sending = setInterval(() => {
    // What the client does not read is not piled up here.
    if (socket.writableLength > 0) return
    const length = Math.min(CHUNK_BYTES, bytes - sent)
    socket.write(bodyOf(id, sent, length))
    sent += length
    if (sent === bytes) clearInterval(sending)
  }, everyMs)
  socket.on('close', () => clearInterval(sending))
}
