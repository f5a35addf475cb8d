import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createLinuxRawIpPort } from '../../../../../runtime/ports/raw-ip/linux/raw-ip.ts'

test('on a Worker thread, where raw-socket never fires, the port refuses to open', async () => {
  const worker = new Worker(new URL('../../fixtures/raw-ip-worker.ts', import.meta.url))
  const [opened] = await once(worker, 'message')
  expect(opened).toMatchObject({ ok: false, code: 'ENOTSUP' })
})

test('a port that is not open refuses to send and drains nothing', async () => {
  const port = createLinuxRawIpPort()
  expect(await port.send(112, '224.0.0.18', new Uint8Array(1))).toMatchObject({ ok: false, code: 'EBADF' })
  expect(await port.drain()).toBe(0)
  port.close()
})
