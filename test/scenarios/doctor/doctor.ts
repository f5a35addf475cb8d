import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../../../actors/inspector/messages.ts'
import type { CommandResult, Namespace } from '../../namespaces.ts'
import { type GatewayNode, type Group, until } from '../group.ts'

const PROXYHA = fileURLToPath(new URL('../../../bin/proxyha', import.meta.url))
const PATIENCE_MS = 30_000

/** What the doctor said, and its exit code. */
interface Diagnosis {
  readonly code: number | string | null
  readonly findings: readonly Finding[]
}

/** `proxyha doctor` on the nodes of a group, and what it takes to make and to undo a fault there. */
export class Doctor {
  readonly #group: Group

  constructor(group: Group) {
    this.#group = group
  }

  /** What it says on that node; `setting`: a script of sh that goes before. */
  examine(node: GatewayNode, setting = ':', ...where: readonly string[]): Promise<Diagnosis> {
    return this.examineFrom(node.namespace, setting, ...(where.length > 0 ? where : ['-s', node.socket]))
  }

  /** The same, run in any namespace; `where`: the gateway that is asked. */
  async examineFrom(namespace: Namespace, setting: string, ...where: readonly string[]): Promise<Diagnosis> {
    const command = [PROXYHA, 'doctor', '--json', ...where].join(' ')
    const { code, stdout, stderr } = await namespace.run('sh', ['-ec', `${setting}\nexec ${command}`])
    if (!stdout.startsWith('{')) throw new Error(`doctor in ${namespace.name} ended with ${code}: ${stderr}`)
    return { code, findings: (JSON.parse(stdout) as Diagnosis).findings }
  }

  /** Asks until it is found. */
  async found(node: GatewayNode, code: string, withinMs = PATIENCE_MS): Promise<Finding> {
    let last: readonly Finding[] = []
    await until(
      async () => {
        last = (await this.examine(node)).findings
        return last.some((finding) => finding.code === code)
      },
      withinMs,
      () => `${node.name} to find ${code}: ${JSON.stringify(last)}`,
    )
    return last.find((finding) => finding.code === code)!
  }

  /** Asks until the first node leads and no node has anything to worry about. */
  async healed(): Promise<void> {
    await this.#group.settled(0, this.#group.nodes.length, PATIENCE_MS)
    for (const node of this.#group.nodes) {
      let last: readonly Finding[] = []
      await until(
        async () => {
          // One that has just been started does not answer yet.
          if ((await node.status()) === null) return false
          const { code, findings } = await this.examine(node)
          last = findings
          return code === 0
        },
        PATIENCE_MS,
        () => `${node.name} to be healthy: ${JSON.stringify(last)}`,
      )
    }
  }

  /** Starts a node's gateway anew with another configuration, or by another program. */
  async restarted(
    node: GatewayNode,
    change: (configuration: string) => string,
    by: readonly string[] = ['env'],
  ): Promise<void> {
    await node.stopGateway('SIGKILL')
    writeFileSync(node.configFile, change(readFileSync(node.configFile, 'utf8')))
    const [program = 'env', ...parameters] = by
    node.gateway = node.namespace.start(program, [...parameters, PROXYHA, 'run', '-c', node.configFile])
    await until(async () => (await node.status()) !== null, PATIENCE_MS, `${node.name} to answer`)
  }

  /** What it says there to a user whom file modes bind, while the control socket is closed to all. */
  async examineDenied(node: GatewayNode): Promise<Diagnosis> {
    chmodSync(node.socket, 0)
    const bound = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search']
    const words = [...bound, PROXYHA, 'doctor', '--json', '-c', node.configFile]
    const { code, stdout } = await node.namespace.run('setpriv', words)
    chmodSync(node.socket, 0o600)
    return { code, findings: (JSON.parse(stdout) as Diagnosis).findings }
  }

  /** Stops a node's gateway, starts it by another program, and waits for the end of that: what a start that is refused says. */
  async ended(node: GatewayNode, by: readonly string[]): Promise<CommandResult> {
    await node.stopGateway('SIGKILL')
    const [program = 'env', ...parameters] = by
    return node.namespace.run(program, [...parameters, PROXYHA, 'run', '-c', node.configFile])
  }

  /**
   * A line of a `setting`: for what follows it, the file is that text. Of what the kernel lets no namespace set for itself.
   */
  shown(path: string, text: string): string {
    const file = join(this.#group.folder, path.replaceAll('/', '-'))
    writeFileSync(file, text)
    return `mount --bind ${file} ${path}`
  }
}
