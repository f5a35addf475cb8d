import { unversioned } from '../../../actors/inspector/api-version.ts'
import { wholeOf } from '../../../actors/inspector/asking.ts'
import { EventLog } from '../../../actors/inspector/event-log.ts'
import { accessOf } from '../../../actors/inspector/http/access.ts'
import { acceptsGzip } from '../../../actors/inspector/http/encoding.ts'
import { PageFiles } from '../../../actors/inspector/page-files.ts'
import { bytesOf, type FuzzTarget, holds, textOf } from '../target.ts'

const TOKEN = 'a-token-of-an-operator'
const tokens = [{ role: 'operator', token: TOKEN }] as const
const page = new PageFiles()
const log = new EventLog('epoch', () => null)
for (let sequence = 0; sequence < 10; sequence++)
  log.add({ sequence, actor: 'elector', atMs: 1, wallMs: 1, type: 'log' } as never)

/** What headers and paths are read by, without a socket in between: host, origin and authorization, a line each; a header otherwise. */
export const httpHeaders: FuzzTarget = {
  name: 'http-headers',
  mostBytes: 8192,
  seeds: [
    `localhost\nhttp://localhost\nBearer ${TOKEN}`,
    '127.0.0.1:9253',
    '[::1]:9253\nhttps://[::1]:9253',
    'gzip;q=0.5, br',
    'epoch-5',
    '/v1/status?x=1',
    '/main.js',
    '12',
  ].map(bytesOf),
  words: [
    '127.0.0.1',
    'localhost',
    '[::1]',
    ':9253',
    'http://',
    'Bearer ',
    'gzip',
    ';q=',
    '0.',
    'epoch-',
    '/v1/',
    '..%2f',
    '%00',
    TOKEN.slice(0, 12),
  ],
  run(input) {
    const text = textOf(input)
    const [host = '', origin, authorization] = text.split('\n')
    const credentials = { host, origin: origin === '' ? undefined : origin, authorization }
    const access = accessOf({ address: '10.0.0.1', tokens }, credentials)
    holds(!access.granted || (authorization ?? '').includes(TOKEN), 'nobody gets in without the token')
    const open = accessOf({ address: '127.0.0.1', tokens: [] }, credentials)
    holds(
      !open.granted || (open.role === 'viewer' && /^(localhost|127\.|\[::1\])/.test(host)),
      'without a token loopback looks, and no more',
    )
    const { events } = log.since(text, true)
    holds(events.length <= 10, 'no more events than there are')
    const url = unversioned(URL.parse(text, 'http://localhost'))
    const file = page.answer(text, origin)
    const whole = wholeOf(text, 100)
    holds(whole === undefined || (whole >= 1 && whole <= 100), 'a count is within its bound')
    return [
      access.granted,
      open.granted,
      events.length,
      acceptsGzip({ 'accept-encoding': text }),
      url === null,
      file?.status,
      whole !== undefined,
    ].join(' ')
  },
}
