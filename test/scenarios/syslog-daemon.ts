import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../runtime/lab/testbed/until.ts'
import type { Namespace } from '../namespaces.ts'

/**
 * rsyslogd as the syslog daemon of one namespace: with a `/dev/log` of its own, since it and who logs to it are in a mount namespace in
 * which another file system is laid over /dev.
 */
export class SyslogDaemon {
  /** What has to go before a command, for its `/dev/log` to be this daemon's. */
  readonly inside: readonly string[]
  readonly #file: string

  private constructor(file: string, pid: number) {
    this.#file = file
    this.inside = ['nsenter', `--mount=/proc/${pid}/ns/mnt`]
  }

  /** Resolves when it listens. `folder`: an existing one, for its files. */
  static async start(namespace: Namespace, folder: string): Promise<SyslogDaemon> {
    const own = join(folder, `syslog-${namespace.name}`)
    const over = join(own, 'over')
    mkdirSync(over, { recursive: true })
    const file = join(own, 'received')
    writeFileSync(
      join(own, 'rsyslog.conf'),
      `module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0")
template(name="line" type="string" string="%syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg%\\n")
action(type="omfile" file="${file}" template="line" asyncWriting="off" flushOnTXEnd="on")
`,
    )
    const steps = [
      `mount -t tmpfs tmpfs ${over}`,
      `mkdir ${over}/upper ${over}/work`,
      `mount -t overlay overlay -o lowerdir=/dev,upperdir=${over}/upper,workdir=${over}/work /dev`,
      `exec rsyslogd -n -f ${own}/rsyslog.conf -i ${own}/pid`,
    ]
    const { process } = namespace.start('sh', ['-c', steps.join(' && ')])
    // It says of itself that it has started.
    await until(async () => existsSync(file), 20_000, `rsyslogd to listen in ${namespace.name}`)
    return new SyslogDaemon(file, process.pid!)
  }

  /** What gateways have logged there, as `info Entering MASTER STATE`; all of it with facility daemon. */
  received(): readonly string[] {
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, level, text] = /^daemon\.(\w+) proxyha\[\d+\]: ?(.*)$/.exec(line) ?? []
        return level === undefined ? [] : [`${level} ${text}`]
      })
  }
}
