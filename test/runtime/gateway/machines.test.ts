import { expect, test } from 'vitest'
import { encodeRecorded } from '../../../runtime/actor-system/recording/recorded-value.ts'
import { plansOf } from '../../../runtime/gateway/actor-row.ts'
import { actors } from '../../../runtime/gateway/actors.ts'
import { machines } from '../../../runtime/gateway/machines.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'
import { gatewayPlan } from './gateway-plan.ts'

test('every machine is replayed under the name by which it is recorded', async () => {
  for (const [name, load] of Object.entries(machines)) expect((await load()).machine).toBe(name)
})

test('no secret of a configuration is in a recording of what actors are started with', () => {
  const config = gatewayConfig(`virtualIps: [10.0.0.5]
redirects: [{originalPorts: [8080], proxyPort: 3128, check: {type: http, url: 'http://a:hush-check@example.com/'}}]
cluster: {keys: [hush-key-of-the-group, hush-other-key-of-it]}
inspector: {token: hush-token-of-viewers, tokens: [{role: operator, token: hush-token-of-operators}]}
agent: {url: 'http://a:hush-agent@127.0.0.1/'}
track: {scripts: [{command: [/bin/true, hush-script]}]}
notify: [{command: [/bin/true, hush-argument]}, {url: 'https://a:hush-notifier@example.com/'}]`)
  const recorded = (['kernel', 'workers'] as const).map((mode) =>
    encodeRecorded(plansOf(actors, gatewayPlan(mode, config)).map(({ options }) => options)),
  )
  expect(recorded.join().length).toBeGreaterThan(2000)
  expect(recorded.join().match(/hush[a-z-]*/g)).toBeNull()
})
