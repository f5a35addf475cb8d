import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, until } from '../group.ts'
import { BROADCAST_MAC, ipv4Frame } from '../vrrp/raw-frame.ts'
import { RawPeer } from '../vrrp/raw-peer.ts'
import { Doctor } from './doctor.ts'

/** A node that joins a group which runs longer than that gets its clients little by little, for as long. */
const SLOW_START_S = 30
const BEACON_BYTES = 64
/** Within a minute the gateway restarts an actor five times. */
const STALLS_MAX = 4

/** One group; each fault is made, named, and undone. */
describeInNamespaces(
  'the doctor names what a node suffers from',
  { programs: ['squid', 'curl', 'nft'] },
  (namespaces) => {
    let group: Group
    let doctor: Doctor
    let director: GatewayNode
    let scanning: GatewayNode
    let startedAtMs: number

    beforeAll(async () => {
      const settings = `balancing: { slowStart: ${SLOW_START_S}s }\ntrack: { portMonitor: -20 }`
      group = new Group(namespaces, { priorities: [99, 89], settings })
      doctor = new Doctor(group)
      ;[director, scanning] = group.nodes as [GatewayNode, GatewayNode]
      await group.start()
      startedAtMs = performance.now()
    }, 90_000)

    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    it('a gateway in another network namespace: that its network was not looked at', async () => {
      const { code, findings } = await doctor.examineFrom(group.client, ':', '-s', scanning.socket)
      expect([code, findings.map((finding) => finding.code)]).toEqual([0, ['other-network']])
    }, 60_000)

    it('a table of tracked connections that is full', async () => {
      const file = join(group.folder, 'tracking.nft')
      writeFileSync(
        file,
        'table ip tracking { chain input { type filter hook input priority 0; ct state new accept; }; }\n',
      )
      expect(await scanning.namespace.run('nft', ['-f', file])).toMatchObject({ code: 0 })
      // A connection that is over is tracked for as long as TIME_WAIT lasts.
      const url = `http://${scanning.address}:3128/`
      expect(await group.client.run('curl', ['-s', '-o', '/dev/null', url])).toMatchObject({ code: 0 })
      const setting = doctor.shown('/proc/sys/net/netfilter/nf_conntrack_max', '1\n')
      const { code, findings } = await doctor.examine(scanning, setting)
      expect([code, findings.map((finding) => finding.code)]).toEqual([1, ['conntrack']])
      expect(findings[0]!.evidence[0]).toMatch(/^[1-9]\d* of 1 entries are in use$/)
      await scanning.namespace.run('nft', ['delete', 'table', 'ip', 'tracking'])
      expect(await doctor.examine(scanning)).toEqual({ code: 0, findings: [] })
    }, 60_000)

    it('connections that a listener did not take', async () => {
      // It listens and stops: the kernel takes connections for it until two wait.
      const script = `const net = require('node:net')
      const server = net.createServer().listen({ host: '127.0.0.1', port: 9999, backlog: 1 }, () => {
        console.log('listens')
        process.kill(process.pid, 'SIGSTOP')
      })`
      const deaf = scanning.namespace.start(process.execPath, ['-e', script])
      expect(await deaf.nextLine()).toBe('listens')
      const clients = `const net = require('node:net')
      for (let number = 0; number < 8; number++) net.connect(9999, '127.0.0.1').on('error', () => undefined)
      console.log('asked')`
      const asking = scanning.namespace.start(process.execPath, ['-e', clients])
      expect(await asking.nextLine()).toBe('asked')
      const overflows = await doctor.found(scanning, 'listen-overflows')
      expect(overflows).toMatchObject({
        level: 'note',
        evidence: [expect.stringMatching(/^[1-9]\d* since the start/)],
      })
      for (const program of [asking, deaf]) await program.stop()
    }, 60_000)

    it('beacons of another version', async () => {
      const stranger = await RawPeer.start(group.client, '10.88.1.1', [])
      const ofOldVersion = Buffer.alloc(BEACON_BYTES)
      ofOldVersion.set([0x50, 0x48, 2, 1, 51])
      const packet = { source: stranger.address, destination: '255.255.255.255', protocol: 253 }
      await stranger.sendFrames(ipv4Frame({ from: stranger.mac, to: BROADCAST_MAC }, packet, ofOldVersion))
      expect((await doctor.found(scanning, 'beacon-version')).text).toContain(`beacons from ${stranger.address}`)
      await stranger.stop()
    }, 60_000)

    it('a priority that what is tracked has lowered', async () => {
      await scanning.stopProxy()
      expect(await doctor.found(scanning, 'priority-lowered')).toMatchObject({
        level: 'warning',
        text: expect.stringContaining('priority 69 instead of 89'),
      })
      scanning.startProxy()
      await doctor.healed()
    }, 120_000)

    it('a part of the gateway that gives no answer', async () => {
      let silent: string | undefined
      for (let stalls = 0; silent === undefined && stalls < STALLS_MAX; stalls++) {
        // The watchdog ends it after five seconds: the doctor may have come too late.
        const stall = 'http://localhost/test/stall?actor=stats-reporter&ms=60000'
        // Until it runs again after the last one.
        const asked = () => scanning.namespace.run('curl', ['-s', '--unix-socket', scanning.socket, stall])
        await until(async () => (await asked()).stdout.includes('"ok":true'), 20_000, 'a stats reporter that stalls')
        const { findings } = await doctor.examine(scanning)
        // Those that share its thread are silent, too.
        silent = findings.find(
          ({ code, text }) => code === 'actor-silent' && text.startsWith('stats-reporter did not answer'),
        )?.text
      }
      expect(silent).toMatch(/^stats-reporter did not answer within/)
      await doctor.healed()
    }, 120_000)

    it('a node that gets less than the others, and why: it has just joined', async () => {
      // Nodes that start together with their group start at once.
      await pause(startedAtMs + SLOW_START_S * 1000 - performance.now())
      await scanning.stopGateway('SIGKILL')
      await doctor.found(director, 'node-stale')
      scanning.startGateway()
      const low = await doctor.found(director, 'low-weight')
      expect(low.text).toBe(`${scanning.name} (${scanning.address}) gets fewer clients than the others`)
      expect(low.evidence[0]).toMatch(/^weight \d+: capacity 100; slow start, at \d+ %/)
      expect(low.level).toBe('note')
    }, 120_000)
  },
)
