import { PassThrough, Writable } from 'node:stream'
import type { HostFacts } from '../../../config/resolve.ts'
import type { CliEnv, CliHost } from '../../../runtime/cli/env.ts'
import { runCli } from '../../../runtime/cli/program.ts'
import type { HostQuestion, HostView, NetworkView } from '../../../runtime/ports/host/host-view.ts'
import { type Result, refused } from '../../../runtime/ports/result.ts'
import type { SocketTable } from '../../../runtime/ports/sockets/socket-table.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeHostSurvey } from '../../fakes/host-survey.ts'
import { FakeSocketTable } from '../../fakes/socket-table.ts'

/** A host on which nothing is wrong. */
export function healthyHost(network: Partial<NetworkView> = {}): HostView {
  const route = { network: '10.10.74.0', prefixLength: 24, interfaceName: 'eth0' }
  return {
    process: {
      capabilities: ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_NICE'],
      realtimeLimit: 0,
      openFiles: { used: 80, limit: 1024 },
    },
    network: {
      interfaceName: 'eth0',
      link: { index: 2, name: 'eth0', mac: '02:00:00:00:00:01', mtu: 1500, up: true, addresses: [] },
      loopback: [],
      rpFilter: 1,
      arpIgnore: 0,
      routes: [route, { ...route, network: '0.0.0.0', prefixLength: 0 }],
      connected: { toVirtualIps: [], toManagementIp: [] },
      besides: [],
      conntrack: { count: 10, max: 262_144 },
      listenOverflows: 0,
      ruleset: 'table ip filter {\n}\n',
      ...network,
    },
    memory: { availableBytes: 2 ** 30, totalBytes: 2 ** 32 },
    clocksource: 'tsc',
  }
}

/** Keeps what is written. */
class Captured extends Writable {
  text = ''
  isTTY = false
  columns = 80
  rows = 24

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** The command line with a world that is made up. */
export class CapturedCli {
  readonly stdin = Object.assign(new PassThrough(), { isTTY: false })
  readonly stdout = new Captured()
  readonly stderr = new Captured()
  readonly clock = new FakeClock()
  readonly sockets = new FakeSocketTable()
  readonly interruption = new AbortController()
  variables: Readonly<Record<string, string>> = {}
  facts: Result<HostFacts> = refused('ENODEV', 'there is no network interface eth0')
  socketTable: Result<SocketTable> = { ok: true, value: this.sockets }

  readonly survey = new FakeHostSurvey()
  forwarding: Awaited<ReturnType<CliHost['forwardingOf']>> = {
    ok: true,
    value: { mode: 'kernel', wanted: null, lacking: null },
  }

  view: HostView = healthyHost()
  /** What was asked about the host. */
  readonly questions: HostQuestion[] = []

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
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      variables: this.variables,
      clock: this.clock,
      interrupted: this.interruption.signal,
      onHangUp: () => undefined,
      waitForNothing: () => undefined,
      host: {
        facts: async () => this.facts,
        openSocketTable: async () => this.socketTable,
        view: async (question) => {
          this.questions.push(question)
          return this.view
        },
        survey: this.survey,
        forwardingOf: async () => this.forwarding,
      },
    }
  }
}
