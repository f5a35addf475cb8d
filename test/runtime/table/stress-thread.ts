/**
 * Opens and closes connections of random clients as a forwarder does, as fast as it can, until it is told to stop (or
 * for ever, to be killed). Then it tells how many connections of each client it holds.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { type StressThreadData, seededRandom, stressClient } from './stress.ts'

const { buffer, forwarder, clients, nodes, seed } = workerData as StressThreadData
const table = new ConnectionTable(buffer)
const random = seededRandom(seed)
const capacity = table.layout.connectionsPerForwarder
const clientOf = new Int32Array(capacity).fill(-1)
const counted = new Uint8Array(capacity)
let turns = 0
let tracked = 0

const turn = (connection: number) => {
  const nowS = ++turns >>> 12
  if (clientOf[connection]! >= 0) {
    table.connectionClosed(forwarder, connection, nowS)
    clientOf[connection] = -1
    return
  }
  const client = random() % clients
  const key = stressClient(client)
  const node = table.route(...key)
  if (node >= nodes) throw new Error(`routed to node ${node}`)
  counted[connection] = table.connectionOpened(forwarder, connection, ...key, node, nowS) > 0 ? 1 : 0
  tracked += counted[connection]!
  clientOf[connection] = client
  if (random() % 8 === 0) table.connectionMoved(forwarder, connection, random() % nodes)
}

parentPort!.postMessage('running')
let message = receiveMessageOnPort(parentPort!)
while (message === undefined) {
  for (let n = 0; n < 1000; n++) turn(random() % capacity)
  message = receiveMessageOnPort(parentPort!)
}

const held = new Map<number, number>()
for (const [connection, client] of clientOf.entries()) {
  if (client >= 0 && counted[connection]) held.set(client, (held.get(client) ?? 0) + 1)
}
const open = clientOf.reduce((sum, client) => sum + (client >= 0 ? 1 : 0), 0)
parentPort!.postMessage({ held, open, turns, tracked })
parentPort!.once('message', () => {
  for (let connection = 0; connection < capacity; connection++) table.connectionClosed(forwarder, connection, 0)
  parentPort!.postMessage('closed')
  parentPort!.close()
})
