import { expect, it } from 'vitest'
import { parseConfig } from '../../../config/load.ts'
import { modes } from '../../../loadtest/group/network.ts'
import { director } from '../../../loadtest/growth/network.ts'
import { haproxyConf, keepalivedConf } from '../../../loadtest/growth/peers.ts'
import { axes, spans } from '../../../loadtest/growth/plan.ts'
import { shapeAt, shapeYaml } from '../../../loadtest/growth/shape.ts'

const points = axes.flatMap((axis) =>
  modes.flatMap((mode) => spans[axis].points[mode].map((at) => [axis, mode, at] as const)),
)

it.each(points)('%s, %s, %d: the configuration is valid', (axis, mode, at) => {
  const parsed = parseConfig(shapeYaml(director, shapeAt(axis, mode, at), '/run/proxyha.sock'))
  expect(parsed).toMatchObject({ ok: true })
})

it('an axis grows what it is named by, and nothing else', () => {
  expect(shapeAt('vips', 'kernel', 16)).toEqual({
    mode: 'kernel',
    nodes: 2,
    virtualIps: 16,
    instances: 1,
    redirects: 1,
    clients: 0,
    connections: 0,
  })
  // Each instance has a virtual IP of its own.
  expect(shapeAt('instances', 'workers', 4)).toMatchObject({ instances: 4, virtualIps: 4 })
})

it('the peers have the same addresses, and room for the same clients', () => {
  const conf = keepalivedConf(shapeAt('vips', 'workers', 16), 250)
  expect(conf.match(/^ {4}10\.40\.4\.\d+\/16$/gm)).toHaveLength(16)
  expect(conf.match(/vrrp_instance/g)).toHaveLength(1)
  const several = keepalivedConf(shapeAt('instances', 'workers', 4), 250)
  expect(several.match(/vrrp_instance/g)).toHaveLength(4)
  expect(several.match(/^ {4}10\.40\.4\.\d+\/16$/gm)).toHaveLength(4)
  expect(haproxyConf(shapeAt('clients', 'workers', 100_000))).toContain('size 200000 ')
})
