import { expect, test } from 'vitest'
import { startLine } from '../../../runtime/gateway/start-line.ts'
import { readVersion } from '../../../runtime/gateway/version.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'

test('the first line says what runs, by which file, and as what', () => {
  const config = gatewayConfig(`instances:
  - {virtualRouterId: 51, directorPriority: 99, virtualIps: [10.0.0.5/24, 10.0.0.6/24]}
  - {name: mail, virtualRouterId: 52, directorPriority: 89, virtualIps: [10.0.0.7/24]}`)
  expect(startLine(config, 'kernel', '/etc/proxyha/gateway.yaml')).toBe(
    `proxyha ${readVersion()} starts by /etc/proxyha/gateway.yaml: kernel mode, 10.0.0.1 on eth0; ` +
      'VRID 51 of priority 99: virtual IPs 10.0.0.5/24 10.0.0.6/24; VRID 52 of priority 89: virtual IPs 10.0.0.7/24',
  )
})
