import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { squidConf } from '../../runtime/lab/plan.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, ORIGIN, START_PATIENCE_MS, until, VIP } from './group.ts'

const page = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8')

/** The first block of that language in a section of the page. */
function blockOf(section: string, language: 'yaml' | 'conf' | 'sh'): string {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(text)?.[1]
  if (block === undefined) throw new Error(`docs/recipes.md: ${section} has no block of ${language}`)
  return block
}

/** What is between the braces of each. */
const redirectsOf = (section: string): readonly string[] =>
  Array.from(blockOf(section, 'yaml').matchAll(/^- \{ (.*) \}$/gm), ([, redirect = '']) => redirect)

const programs = ['squid', 'microsocks', 'c-icap', 'c-icap-client', 'vsftpd', 'nginx', 'curl', 'nft']

describeInNamespaces('the recipes', { programs }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    // The group's own redirect is squid's, and has others behind it.
    const others = ['SOCKS', 'ICAP', 'FTP, passive', 'nginx'].flatMap(redirectsOf)
    const redirect = others.map((redirect) => ` }, { ${redirect}`).join('')
    expect(redirectsOf('squid')).toEqual(['protocol: http, originalPorts: [3128], proxyPort: 3128'])
    group = new Group(namespaces, {
      priorities: [99, 89],
      originalPort: 3128,
      redirect,
      settings: 'forwarding: kernel',
    })
    for (const node of group.nodes) {
      startProxies(node)
      node.startGateway()
    }
    await group.settled(0, 2, START_PATIENCE_MS)
  }, 2 * START_PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  function startProxies(node: GatewayNode): void {
    const { folder } = group
    const written = (file: string, text: string): string => {
      const path = join(folder, `${node.name}-${file}`)
      writeFileSync(path, text)
      return path
    }
    // Squids of one machine share names in /dev/shm, and nodes have names of their own.
    const start = (command: string) => {
      const line = `mount -t tmpfs tmpfs /dev/shm && hostname ${node.name} && exec ${command}`
      node.namespace.start('unshare', ['--uts', 'sh', '-c', line])
    }
    const squid = squidConf(node.name, folder, '3128').replace(/^http_port 3128$/m, blockOf('squid', 'conf'))
    start(`squid -N -f ${written('squid.conf', squid)}`)
    start(blockOf('SOCKS', 'sh'))
    const icap = `PidFile ${folder}/${node.name}-icap.pid
CommandsSocket ${folder}/${node.name}-icap.ctl
ServerName ${node.name}
ServerLog ${folder}/${node.name}-icap.log
AccessLog ${folder}/${node.name}-icap-access.log
TmpDir ${folder}
ModulesDir /usr/lib/x86_64-linux-gnu/c_icap
ServicesDir /usr/lib/x86_64-linux-gnu/c_icap
LoadMagicFile /etc/c-icap/c-icap.magic
${blockOf('ICAP', 'conf')}`
    start(`c-icap -N -f ${written('c-icap.conf', icap)}`)
    mkdirSync(join(folder, `${node.name}-ftp`))
    const ftp = `background=NO
anon_root=${folder}/${node.name}-ftp
secure_chroot_dir=${folder}/${node.name}-ftp
seccomp_sandbox=NO
${blockOf('FTP, passive', 'conf')}`
    writeFileSync(join(folder, `${node.name}-ftp`, 'name'), node.name)
    start(`vsftpd ${written('vsftpd.conf', ftp)}`)
    const nginx = `daemon off; master_process off; pid ${folder}/${node.name}-nginx.pid; error_log stderr; events {}
http { access_log off; ${blockOf('nginx', 'conf')} }`
    start(`nginx -c ${written('nginx.conf', nginx)}`)
  }

  const curl = async (client: string, ...words: readonly string[]) =>
    (await group.client.run('curl', ['-s', '-m', '5', '--interface', client, ...words])).stdout

  /** What a client is told by each service, with the name of the node as far as it says it. */
  async function answersTo(client: string) {
    const icap = await group.client.run('c-icap-client', ['-i', VIP, '-p', '1344', '-s', 'echo'])
    return {
      squid: await group.fetch(client),
      SOCKS: await curl(client, '--socks5', `${VIP}:1080`, `http://${ORIGIN}/`),
      ICAP: /^\s*Service: (.*)$/m.exec(icap.stdout + icap.stderr)?.[1] ?? icap.stdout + icap.stderr,
      nginx: await curl(client, `http://${VIP}/`),
    }
  }

  const [first, second] = CLIENTS as [string, string]

  it('serve a client all at one node, which sees its address', async () => {
    for (const client of [first, second]) {
      const answers = await answersTo(client)
      expect(answers).toMatchObject({ SOCKS: 'hello', nginx: `${answers.squid} sees ${client}\n` })
      expect(answers.ICAP).toContain('Echo')
      expect(answers.squid).toMatch(/^node[01]$/)
    }
  })

  it('transfer files by passive FTP: fifty, of twenty clients, each at its own node', async () => {
    const nodes = new Map<string, Set<string>>()
    for (let round = 0; round < 3; round++) {
      const clients = CLIENTS.slice(0, round === 2 ? 10 : 20)
      const how = round === 1 ? '--disable-epsv' : '--ftp-pasv'
      await Promise.all(
        clients.map(async (client) => {
          const served = nodes.get(client) ?? new Set()
          nodes.set(client, served.add(await curl(client, how, `ftp://${VIP}:2121/name`)))
        }),
      )
    }
    const names = [...nodes.values()].map((served) => [...served].join())
    expect(new Set(names)).toEqual(new Set(['node0', 'node1']))
  })

  it('and so they do when another node leads', async () => {
    const before = await answersTo(second)
    await group.nodes[0]!.proxyha('failover', '-s', group.nodes[0]!.socket)
    await until(() => group.holders().join() === 'node1', 20_000, 'the other node leads')
    expect(await answersTo(second)).toEqual(before)
  })
})
