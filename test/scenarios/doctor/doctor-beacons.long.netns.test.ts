import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../../namespaces.ts'
import { CLUSTER_KEY, type GatewayNode, Group } from '../group.ts'
import { Doctor } from './doctor.ts'

/** A stranger on the subnet hears the director's beacons, and sends them anew. */
describeInNamespaces('the doctor names what becomes of beacons on their way', { programs: ['nft'] }, (namespaces) => {
  let group: Group
  let doctor: Doctor
  let director: GatewayNode
  let scanning: GatewayNode
  let stranger: RunningProgram

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    doctor = new Doctor(group)
    ;[director, scanning] = group.nodes as [GatewayNode, GatewayNode]
    await group.start()
    const script = new URL('../fixtures/stray-beacons.ts', import.meta.url)
    stranger = group.client.startScript(script, director.address, CLUSTER_KEY)
    expect(await stranger.nextLine()).toBe('heard')
  }, 90_000)

  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Sends such a beacon until it is found, since what is told of it is forgotten again. */
  async function sendUntil(how: string, node: GatewayNode, code: string) {
    const again = setInterval(() => stranger.process.stdin?.write(`${how}\n`), 500)
    try {
      return await doctor.found(node, code)
    } finally {
      clearInterval(again)
    }
  }

  it.each([
    ['forge', 'forged-beacons'],
    ['repeat', 'old-beacons'],
    ['elsewhere', 'beacons-from-elsewhere'],
  ])(
    '%s',
    async (how, code) => {
      expect((await sendUntil(how, scanning, code)).text).toContain(director.address)
      await doctor.healed()
    },
    90_000,
  )

  it('a filter that keeps the reports of a node from its director', async () => {
    const file = join(group.folder, 'filter.nft')
    const rule = `ip saddr ${scanning.address} ip protocol 253 drop`
    writeFileSync(file, `table ip filter { chain input { type filter hook input priority 0; ${rule}; }; }\n`)
    expect(await director.namespace.run('nft', ['-f', file])).toMatchObject({ code: 0 })
    expect((await doctor.found(scanning, 'not-heard-there')).text).toContain(director.address)
    expect(await director.namespace.run('nft', ['delete', 'table', 'ip', 'filter'])).toMatchObject({ code: 0 })
    await doctor.healed()
  }, 90_000)

  it('a virtual IP that an administrator has put on the interface', async () => {
    await scanning.stopGateway()
    scanning.namespace.ip('address', 'add', group.virtualIp, 'dev', 'eth0')
    scanning.startGateway()
    await group.settled(0, 2)
    await doctor.found(scanning, 'vip-not-ours')
    scanning.namespace.ip('address', 'del', group.virtualIp, 'dev', 'eth0')
    await doctor.healed()
  }, 90_000)

  it('with a key that somebody else has: a node is known for what it has not sent', async () => {
    stranger.process.stdin?.write('ahead\n')
    await doctor.found(director, 'put-back')
  }, 90_000)
})
