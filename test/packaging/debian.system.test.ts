import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, START_PATIENCE_MS, until } from '../scenarios/group.ts'
import { Chroot } from './chroot.ts'
import { buildPackages, ownVersion, run } from './packages.ts'

const NEXT_VERSION = '0.999.0'
/** What the unit gives its user, and no more. */
const CAPABILITIES = '-all,+net_admin,+net_raw,+sys_nice,+net_bind_service'
/** The same, as /proc/PID/status has it. */
const EFFECTIVE = '0000000000803400'
const EXAMPLE = 'usr/share/doc/proxyha/examples/gateway.example.yaml'

describeInNamespaces('the Debian package', { programs: ['debootstrap', 'squid', 'curl'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-debian-'))
  let version = ''
  const packageOf = (name: string) => join(folder, `proxyha_${name}_amd64.deb`)

  beforeAll(async () => {
    version = await ownVersion()
    await buildPackages(folder)
    await buildPackages(folder, NEXT_VERSION)
  })
  afterAll(async () => {
    await namespaces.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.skipIf(!existsSync('/usr/bin/lintian'))('is as Debian wants its packages', async () => {
    const { stdout } = await run('lintian', [
      '--allow-root',
      '--fail-on',
      'none',
      '--tag-display-limit',
      '0',
      packageOf(version),
    ])
    const complaints = stdout.split('\n').filter((line) => /^[EW]:/.test(line))
    expect(complaints).toEqual([])
  })

  describe.each(['bookworm', 'trixie'])('on %s', (suite) => {
    let chroot: Chroot
    let before: ReadonlySet<string>
    let group: Group | undefined

    beforeAll(async () => {
      chroot = await Chroot.create(join(folder, suite), suite)
      before = await chroot.contents()
    })
    afterAll(async () => {
      await namespaces.close()
      group?.close()
      chroot?.close()
    })

    it('installs where there is no compiler, no npm and no Node.js', async () => {
      for (const program of ['cc', 'g++', 'make', 'npm', 'node', 'python3']) {
        expect((await chroot.run('sh', '-c', `command -v ${program}`)).code, program).not.toBe(0)
      }
      // It names what it depends on, and apt brings that.
      expect((await chroot.run('dpkg', '-i', chroot.bring(packageOf(version)))).stderr).toContain('nftables')
      await chroot.succeed('apt-get', '-y', '--no-install-recommends', '-f', 'install')
      expect(await chroot.succeed('proxyha', '--version')).toBe(`${version}\n`)
      const { gid } = chroot.account('proxyha')
      expect(statSync(chroot.at('etc/proxyha'))).toMatchObject({ uid: 0, gid, mode: 0o40750 })
    })

    it('has a configuration to begin with', async () => {
      const example = readFileSync(chroot.at(EXAMPLE), 'utf8')
      const check = async (text: string) => {
        chroot.write('etc/proxyha/gateway.yaml', text)
        const { code, stderr } = await chroot.run('proxyha', 'check-config', '-c', '/etc/proxyha/gateway.yaml')
        return { code, stderr }
      }
      const refused = await check(example)
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('cluster.key')
      const own = randomBytes(32).toString('hex')
      expect(await check(example.replace(/"replace this by a \w+ of your own"/g, own))).toEqual({ code: 0, stderr: '' })
    })

    it.each(['workers', 'kernel'])('serves as its own user, in %s mode, and survives its director', async (mode) => {
      await namespaces.close()
      const { uid, gid } = chroot.account('proxyha')
      const asService = [
        ...['setpriv', '--reuid=proxyha', '--regid=proxyha', '--init-groups', '--no-new-privs'],
        ...[`--inh-caps=${CAPABILITIES}`, `--ambient-caps=${CAPABILITIES}`, `--bounding-set=${CAPABILITIES}`],
      ]
      // The group keeps its files in the host's folder for such.
      const enter = chroot.enter(`mount --bind '${tmpdir()}' '${chroot.at(tmpdir())}'`)
      const startedBy = [0, 1].map(() => [...enter, ...asService])
      const settings = `forwarding: ${mode}`
      group = new Group(namespaces, { priorities: [99, 89], program: '/usr/bin/proxyha', settings, startedBy })
      chownSync(group.controlFolder, uid, gid)
      chmodSync(group.controlFolder, 0o755)
      await group.start()
      const [director, next] = group.nodes
      const status = readFileSync(`/proc/${director!.gateway!.process.pid}/status`, 'utf8')
      expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).toBe(`${uid}`)
      expect(/^CapEff:\t(\w+)/m.exec(status)?.[1]).toBe(EFFECTIVE)
      expect((await director!.status())?.forwarding).toBe(mode)
      const served = await group.nodesByClient(1)
      expect(new Set(served.flatMap((nodes) => [...nodes]))).toEqual(new Set(['node0', 'node1']))

      await director!.stopGateway()
      await until(async () => (await next!.status())?.role === 'director', START_PATIENCE_MS, 'the next director')
      await until(
        async () => (await group!.fetch(CLIENTS[0]!)) !== undefined,
        START_PATIENCE_MS,
        'a request through it',
      )
      await next!.stopGateway()
    })

    it('is upgraded with its configuration kept', async () => {
      chroot.write('etc/proxyha/gateway.yaml', '# mine\n')
      chmodSync(chroot.at('etc/proxyha'), 0o700)
      await chroot.succeed('dpkg', '-i', chroot.bring(packageOf(NEXT_VERSION)))
      expect(await chroot.succeed('proxyha', '--version')).toBe(`${NEXT_VERSION}\n`)
      expect(readFileSync(chroot.at('etc/proxyha/gateway.yaml'), 'utf8')).toBe('# mine\n')
      expect(statSync(chroot.at('etc/proxyha')).mode & 0o777).toBe(0o700)
    })

    it('is removed with its configuration kept, and purged without a trace', async () => {
      await chroot.succeed('dpkg', '--remove', 'proxyha')
      expect(existsSync(chroot.at('usr/lib/proxyha'))).toBe(false)
      expect(readFileSync(chroot.at('etc/proxyha/gateway.yaml'), 'utf8')).toBe('# mine\n')
      await chroot.succeed('dpkg', '--purge', 'proxyha')
      // What it depended on.
      await chroot.succeed('apt-get', '-y', '--purge', 'autoremove')
      const after = await chroot.contents()
      expect([...after].filter((line) => !before.has(line))).toEqual([])
      expect([...before].filter((line) => !after.has(line))).toEqual([])
    })
  })
})
