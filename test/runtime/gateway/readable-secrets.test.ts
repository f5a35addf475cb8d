import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readableSecrets } from '../../../runtime/gateway/readable-secrets.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'proxyha-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, mode: number): string {
  const path = join(folder, name)
  writeFileSync(path, 'a secret')
  chmodSync(path, mode)
  return path
}

const [open, closed] = [file('open.yaml', 0o644), file('closed.yaml', 0o640)]
const config = gatewayConfig('virtualIps: [10.0.0.5]')
const said = (
  path: string,
  cluster: { keys?: readonly string[]; keyFile?: string },
  token?: string,
  tokenFile: string | null = null,
) =>
  readableSecrets(
    {
      ...config,
      cluster: { ...config.cluster, ...cluster },
      inspector: { ...config.inspector, tokens: token === undefined ? [] : [{ role: 'viewer', token, tokenFile }] },
    },
    path,
  )

test('a configuration with a secret that every user may read is told, with what to do', () => {
  expect(said(open, { keys: ['k'] })).toEqual([
    `every user of this host may read cluster.key in ${open}: chmod o-r ${open}`,
  ])
  expect(said(open, { keys: ['k'] }, 'a token')).toEqual([
    `every user of this host may read cluster.key and inspector.token in ${open}: chmod o-r ${open}`,
  ])
})

test('a key file is looked at instead of the configuration that names it', () => {
  expect(said(open, { keys: ['k'], keyFile: closed })).toEqual([])
  expect(said(closed, { keys: ['k'], keyFile: open })).toEqual([
    `every user of this host may read the key in ${open}: chmod o-r ${open}`,
  ])
})

test('a file with a token is looked at as well', () => {
  expect(said(open, {}, 'a token', open)).toEqual([
    `every user of this host may read a token in ${open}: chmod o-r ${open}`,
  ])
})

test.each([
  ['that only its owner and group may read', closed, { keys: ['k'] }],
  ['without a secret', open, {}],
  ['that is gone by now', join(folder, 'gone.yaml'), { keys: ['k'] }],
])('of a file %s nothing is said', (_, path, cluster) => {
  expect(said(path, cluster)).toEqual([])
})
