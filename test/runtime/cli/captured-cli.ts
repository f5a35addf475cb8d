import { Writable } from 'node:stream'
import type { HostFacts } from '../../../config/resolve.ts'
import type { CliEnv } from '../../../runtime/cli/env.ts'
import { runCli } from '../../../runtime/cli/program.ts'
import { FakeClock } from '../../../runtime/ports/fake/clock.ts'
import { FakeSocketTable } from '../../../runtime/ports/fake/socket-table.ts'
import { type Result, refused } from '../../../runtime/ports/result.ts'
import type { SocketTable } from '../../../runtime/ports/socket-table.ts'

/** Keeps what is written. */
class Captured extends Writable {
  text = ''
  isTTY = false

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** The command line with a world that is made up. */
export class CapturedCli {
  readonly stdout = new Captured()
  readonly stderr = new Captured()
  readonly clock = new FakeClock()
  readonly sockets = new FakeSocketTable()
  readonly interruption = new AbortController()
  variables: Readonly<Record<string, string>> = {}
  facts: Result<HostFacts> = refused('ENODEV', 'there is no network interface eth0')
  socketTable: Result<SocketTable> = { ok: true, value: this.sockets }

  /** Runs a command; resolves with its exit code. */
  run(...args: readonly string[]): Promise<number> {
    return runCli(this.#env(args))
  }

  /** The same, with all that it wrote. */
  async output(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const code = await this.run(...args)
    return { code, stdout: this.stdout.text, stderr: this.stderr.text }
  }

  #env(args: readonly string[]): CliEnv {
    return {
      args,
      stdout: this.stdout,
      stderr: this.stderr,
      variables: this.variables,
      clock: this.clock,
      interrupted: this.interruption.signal,
      onHangUp: () => undefined,
      host: { facts: async () => this.facts, openSocketTable: async () => this.socketTable },
    }
  }
}
