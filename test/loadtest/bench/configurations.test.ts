import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { groupPlan, haproxyConf, nginxBackendConf, nginxStreamConf } from '../../../loadtest/bench/configurations.ts'
import { gatewayYaml } from '../../../runtime/lab/testbed/gateway.ts'

describe('the balancers that are compared', () => {
  it('use the same backends, keep a source at its backend, and use every core', () => {
    const haproxy = haproxyConf(2)
    const nginx = nginxStreamConf(2, '/run/x', undefined)
    for (const backend of ['10.20.0.21:9090', '10.20.0.22:9090']) {
      expect(haproxy).toContain(backend)
      expect(nginx).toContain(backend)
    }
    expect(haproxy).toContain('balance source')
    expect(nginx).toContain('hash $remote_addr consistent;')
    expect(haproxy).toContain('nbthread 2')
    expect(nginx).toContain('worker_processes 2;')
  })

  it('load the stream module only where it is one', () => {
    expect(nginxStreamConf(1, '/run/x', '/m/stream.so')).toMatch(/^load_module \/m\/stream\.so;/)
    expect(nginxStreamConf(1, '/run/x', undefined)).not.toContain('load_module')
  })

  it('write nowhere but into the directory that they are given', () => {
    const paths = nginxBackendConf(1, '/run/x', 'a').match(/(?<=[ ;])\/[a-z][^ ;]*/g)
    expect(paths?.length).toBeGreaterThan(5)
    expect(paths?.filter((path) => !path.startsWith('/run/x'))).toEqual([])
  })
})

describe('the group', () => {
  it('is read as meant', () => {
    expect(
      parse(gatewayYaml({ host: 'director', ip: '10.20.0.10', priority: 99 }, groupPlan(2), '/run/d.sock')),
    ).toMatchObject({
      managementIp: '10.20.0.10',
      directorPriority: 99,
      virtualIps: ['10.20.0.100/24'],
      redirects: [{ originalPorts: [8080], proxyPort: 9090 }],
      forwarding: 'workers',
      forwarders: { count: 2 },
    })
  })
})
