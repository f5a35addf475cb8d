import { statSync } from 'node:fs'
import type { GatewayConfig } from '../../config/gateway-config.ts'

const BY_OTHERS = 0o004

/**
 * What the log says of files with a secret that everybody on this host may read; `path`: of the configuration. Nothing of a file that is
 * not there: it was read a moment ago.
 */
export function readableSecrets({ cluster, inspector }: GatewayConfig, path: string): readonly string[] {
  const secrets = [
    ...(cluster.keys.length > 0 && cluster.keyFile === null ? ['cluster.key'] : []),
    ...(inspector.tokens.some(({ tokenFile }) => tokenFile === null) ? ['inspector.token'] : []),
  ]
  const files = [
    ...(secrets.length === 0 ? [] : [{ file: path, holds: secrets.join(' and ') }]),
    ...(cluster.keyFile === null ? [] : [{ file: cluster.keyFile, holds: 'the key' }]),
    ...inspector.tokens.flatMap(({ tokenFile: file }) => (file === null ? [] : [{ file, holds: 'a token' }])),
  ]
  return files
    .filter(({ file }) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & BY_OTHERS) !== 0)
    .map(({ file, holds }) => `every user of this host may read ${holds} in ${file}: chmod o-r ${file}`)
}
