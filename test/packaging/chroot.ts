import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, run, succeed } from './packages.ts'

/** What Debian's own servers give to everybody; where the host's apt goes elsewhere, so does the chroot's. */
const SUITES_OF_THE_MIRROR = ['--format', '$(SITE)', 'Created-By: Packages']

/** A fresh Debian of few packages in a folder: no compiler, no npm, no Node.js, no systemd. `close` removes it. */
export class Chroot {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async create(root: string, suite: string): Promise<Chroot> {
    const mirror = await mirrorOfTheHost()
    await succeed('debootstrap', ['--variant=minbase', suite, root, mirror])
    const chroot = new Chroot(root)
    chroot.write('etc/apt/sources.list', `deb ${mirror} ${suite} main\n`)
    chroot.write(
      'etc/apt/apt.conf.d/99-test',
      (await succeed('apt-config', ['dump'])).match(/^Acquire::http.*$/gm)?.join('\n') ?? '',
    )
    // No service is started on this machine.
    chroot.write('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n')
    await succeed('chmod', ['755', chroot.at('usr/sbin/policy-rc.d')])
    await chroot.succeed('apt-get', 'update', '-q')
    return chroot
  }

  /** The path on the host of something in it. */
  at(path: string): string {
    return join(this.root, path)
  }

  write(path: string, text: string): void {
    writeFileSync(this.at(path), text)
  }

  /** Copies a file of the host into its `/tmp`; its path inside. */
  bring(file: string): string {
    const path = `/tmp/${file.slice(file.lastIndexOf('/') + 1)}`
    copyFileSync(file, this.at(path))
    return path
  }

  /** Words before a command that have it run inside, with `/proc`, `/sys` and `/dev` in mounts that end with it. */
  enter(more = ''): readonly string[] {
    const mounts = ['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} '${this.at(name)}'`).join(' && ')
    const script = `mount --make-rprivate / && ${mounts} && ${more === '' ? '' : `${more} && `}exec chroot '${this.root}' "$@"`
    return ['unshare', '--mount', 'sh', '-c', script, 'sh']
  }

  /** Runs a command inside to its end. */
  run(...command: readonly string[]): Promise<Ended> {
    const [program = '', ...words] = this.enter()
    return run(program, [...words, ...command], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    })
  }

  /** The same, and its stdout. Rejects with what it said where it fails. */
  async succeed(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command)
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code} in ${this.root}:\n${stdout}${stderr}`)
    return stdout
  }

  /** User and group of an account inside, as numbers. */
  account(name: string): { readonly uid: number; readonly gid: number } {
    const line = readFileSync(this.at('etc/passwd'), 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid === undefined || gid === undefined) throw new Error(`${this.root} has no user ${name}`)
    return { uid: Number(uid), gid: Number(gid) }
  }

  /** All that is in it, but for what every installation leaves: logs, and what apt and dpkg remember. */
  async contents(): Promise<ReadonlySet<string>> {
    const listed = await this.succeed('find', '/', '-xdev', '-printf', '%y %m %u:%g %p\n')
    const left = /\/(var\/(lib\/(dpkg|apt)|log|cache)|tmp|etc\/(passwd|group|g?shadow|subuid|subgid)-)(\/|$)/
    return new Set(listed.split('\n').filter((line) => !left.test(line) && !/ \/(proc|sys|dev)(\/|$)/.test(line)))
  }

  close(): void {
    if (existsSync(this.root)) rmSync(this.root, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function mirrorOfTheHost(): Promise<string> {
  const sites = (await succeed('apt-get', ['indextargets', ...SUITES_OF_THE_MIRROR, 'Component: main'])).split('\n')
  const mirror = sites.find((site) => site.endsWith('/debian'))
  return mirror ?? 'http://deb.debian.org/debian'
}
