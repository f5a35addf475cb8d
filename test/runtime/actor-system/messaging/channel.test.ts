import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { PortChannel } from '../../../../runtime/actor-system/messaging/channel.ts'

/** Two ends; what arrives at the second, once it listens, in order. */
function createChannels() {
  const { port1, port2 } = new MessageChannel()
  const arrived: unknown[] = []
  let told: () => void = () => {}
  const closed = new Promise<void>((resolve) => {
    told = resolve
  })
  const sender = new PortChannel(port1)
  const receiver = new PortChannel(port2)
  const listen = (): void =>
    receiver.listen({
      bytes: (bytes) => arrived.push(bytes instanceof Uint8Array ? [...bytes] : bytes),
      closed() {
        arrived.push('closed')
        told()
      },
    })
  return { sender, receiver, arrived, closed, listen, port2 }
}

test('all that was sent before the end arrives before the end is told', async () => {
  const { sender, arrived, closed, listen } = createChannels()
  sender.post(Uint8Array.of(1))
  sender.post(Uint8Array.of(2))
  sender.close()
  listen()
  await closed
  expect(arrived).toEqual([[1], [2], 'closed'])
})

test('drain delivers what waits, from within the call', () => {
  const { sender, receiver, arrived, listen } = createChannels()
  listen()
  sender.post(Uint8Array.of(1))
  sender.post(Uint8Array.of(2))
  expect(arrived).toEqual([])
  receiver.drain()
  expect(arrived).toEqual([[1], [2]])
  receiver.close()
})

test('who closes its own end is told nothing more', async () => {
  const { sender, receiver, arrived, listen, port2 } = createChannels()
  listen()
  const isClosed = once(port2, 'close')
  receiver.close()
  sender.post(Uint8Array.of(1))
  await isClosed
  expect(arrived).toEqual([])
})

test('what is posted is moved: the sender has nothing left to spoil', () => {
  const { sender, receiver } = createChannels()
  const bytes = Uint8Array.of(1, 2, 3)
  sender.post(bytes)
  expect(bytes.byteLength).toBe(0)
  receiver.close()
})
