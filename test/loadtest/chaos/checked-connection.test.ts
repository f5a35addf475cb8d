import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { bodyOf } from '../../../loadtest/chaos/traffic/body.ts'
import { CheckedConnection } from '../../../loadtest/chaos/traffic/checked-connection.ts'

const WITHIN_MS = 2000
let server: Server | undefined

afterEach(() => server?.close())

/** To a server that answers each line as told. */
async function connected(answer: (line: string, socket: Socket) => void): Promise<CheckedConnection> {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) answer(line, socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return new CheckedConnection({ host: '127.0.0.1', port, address: '127.0.0.1' })
}

const idOf = (line: string): string => line.split(' ')[1] ?? ''

it('takes the answer to its question, and knows who gave it', async () => {
  const connection = await connected((line, socket) => socket.write(`node7 ${idOf(line)}\n`))
  await connection.ask(WITHIN_MS)
  await Promise.all([connection.ask(WITHIN_MS), connection.ask(WITHIN_MS)])
  expect(connection.ending).toBeUndefined()
  expect(connection.node).toBe('node7')
  connection.hangUp()
})

it('an answer to another question is wrong', async () => {
  const connection = await connected((line, socket) => socket.write(`node7 ${Number(idOf(line)) + 1}\n`))
  await connection.ask(WITHIN_MS)
  expect(connection.ending?.failure).toMatch(/^wrong: "node7 /)
})

it('another node on the same connection is wrong', async () => {
  let asked = 0
  const connection = await connected((line, socket) => socket.write(`node${asked++} ${idOf(line)}\n`))
  await connection.ask(WITHIN_MS)
  expect(connection.ending).toBeUndefined()
  await connection.ask(WITHIN_MS)
  expect(connection.ending?.failure).toBe('wrong: node1 answers in the place of node0')
})

it('bytes that nobody asked for are wrong', async () => {
  const connection = await connected((line, socket) => socket.write(`node7 ${idOf(line)}\nmore`))
  await connection.ask(WITHIN_MS)
  await connection.ended
  expect(connection.ending?.failure).toBe('wrong: 4 bytes that nobody asked for')
})

it('a download is looked at to its last byte, and another may follow', async () => {
  const connection = await connected((line, socket) => {
    const [what, id, bytes] = line.split(' ')
    socket.write(what === 'ask' ? `node7 ${id}\n` : `node7 ${id} ${bytes}\n`)
    if (what === 'load') socket.write(bodyOf(Number(id), 0, Number(bytes)))
  })
  await connection.load(5000, 1, WITHIN_MS)
  while (connection.isLoading) await connection.goesOn(WITHIN_MS)
  await connection.load(3000, 1, WITHIN_MS)
  while (connection.isLoading) await connection.goesOn(WITHIN_MS)
  await connection.ask(WITHIN_MS)
  expect(connection.ending).toBeUndefined()
  connection.hangUp()
})

it('a byte that is another one is wrong', async () => {
  const connection = await connected((line, socket) => {
    const [, id, bytes] = line.split(' ')
    const body = bodyOf(Number(id), 0, Number(bytes))
    body[4321]! ^= 1
    socket.write(`node7 ${id} ${bytes}\n`)
    socket.write(body)
  })
  await connection.load(5000, 1, WITHIN_MS)
  await connection.ended
  expect(connection.ending?.failure).toMatch(/^wrong: byte 4321 of download /)
})

it('whoever says nothing is given up, and whoever ends has ended', async () => {
  const silent = await connected(() => {})
  await silent.ask(50)
  expect(silent.ending?.failure).toBe('silent')
  server?.close()
  const ended = await connected((_, socket) => socket.destroy())
  await ended.ask(WITHIN_MS)
  expect(['closed', 'ECONNRESET']).toContain(ended.ending?.failure)
})
