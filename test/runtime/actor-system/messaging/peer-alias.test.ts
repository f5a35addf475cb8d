import { expect, test } from 'vitest'
import { withPeerAlias } from '../../../../runtime/actor-system/messaging/peer-alias.ts'
import { RecordedContext } from '../../../actors/port-monitor/recorded-context.ts'

type Peers = { readonly partner: string; readonly other: string }

class AskedContext extends RecordedContext<Peers> {
  readonly asked: string[] = []

  override request(to?: string): Promise<unknown> {
    this.asked.push(`${to}`)
    return Promise.resolve()
  }
}

test('what is sent to the alias, or asked of it, goes to the actor that it stands for; the rest goes where it says', async () => {
  const context = new AskedContext()
  const own = withPeerAlias<Peers>(context, 'partner', 'partner-two')
  own.send('partner', 'hello')
  own.send('other', 'hello')
  await own.request('partner', 'hello?', 100)
  await own.request('other', 'hello?', 100)
  expect(context.sent.map(({ to }) => to)).toEqual(['partner-two', 'other'])
  expect(context.asked).toEqual(['partner-two', 'other'])
})

test('who looks on at its machines does so by either context, from one moment to the next', () => {
  const context = new AskedContext()
  const own = withPeerAlias<Peers>(context, 'partner', 'partner-two')
  expect(own.observer).toBeUndefined()
  context.observer = { began: () => undefined, stepped: () => undefined }
  expect(own.observer).toBe(context.observer)
})
