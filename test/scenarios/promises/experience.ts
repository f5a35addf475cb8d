/** What clients of a group experience, in both modes: connections that are open, and new ones that are begun all the time. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import { describeInNamespaces, type Namespaces } from '../../namespaces.ts'
import { CLIENTS, Group, type GroupOptions } from '../group.ts'
import { LongConnections, NewConnections, spreadByKernel, startServing } from '../survival.ts'

export const ORIGINAL_PORT = 8080
export const PATIENCE_MS = 60_000
/** Of one test: a fault, what follows from it, and the way back. */
export const TEST_MS = 3 * PATIENCE_MS
/** Between two new connections. */
const EVERY_MS = 50
/** Who has gone to a node once goes there again: each test has clients of its own. */
const CLIENTS_A_TEST = 20

/** `kernel` or `workers`. */
export type Mode = (typeof MODES)[number]
export const MODES = ['kernel', 'workers'] as const

/** Three nodes, the first of which leads, each with a server that says its name in the place of a proxy. */
export class Experience {
  readonly mode: Mode
  readonly group: Group
  /** A download and an idle connection of each client, at all nodes. */
  readonly open: LongConnections
  /** Begun by all clients in turn. */
  readonly begun: NewConnections

  private constructor(mode: Mode, group: Group, open: LongConnections, begun: NewConnections) {
    this.mode = mode
    this.group = group
    this.open = open
    this.begun = begun
  }

  /** Resolves when all are open, at all nodes. */
  static async of(mode: Mode, group: Group, clients: readonly string[]): Promise<Experience> {
    const open = new LongConnections(group, ORIGINAL_PORT, clients)
    expect(Object.keys((await open.allOpen()).nodes).sort()).toEqual(group.nodes.map(({ name }) => name))
    return new Experience(mode, group, open, await NewConnections.start(group, ORIGINAL_PORT, EVERY_MS, clients))
  }

  /** Nothing that is open has ended, and nothing that was begun has failed. */
  async allWell(): Promise<void> {
    await this.open.allLive()
    await this.begun.allAnswered()
  }

  /** Of what was open: how it has ended, and at which nodes. */
  async ends(): Promise<{ readonly nodes: readonly string[]; readonly hows: readonly string[] }> {
    const { lost } = await this.open.check()
    return {
      nodes: [...new Set(lost.map(({ node }) => node))].sort(),
      hows: [...new Set(lost.map(({ kind, failure }) => `${kind} ${failure}`))].sort(),
    }
  }

  async stop(): Promise<void> {
    await this.open.stop()
    await this.begun.stop()
  }
}

/** Starts such a group for each mode. A test leaves it as it was: the first node leads, and all own slots. */
export function describeExperience(
  title: string,
  tests: (experience: () => Experience, mode: Mode, namespaces: Namespaces) => void,
  { settings = '', ...options }: Omit<GroupOptions, 'priorities'> = {},
): void {
  describe.each(MODES)(`${title}, in %s mode`, (mode) => {
    describeInNamespaces('the clients of a group of three', { programs: ['nft'] }, (namespaces) => {
      let group: Group
      let experience: Experience
      let tested = 0

      beforeAll(async () => {
        group = new Group(namespaces, {
          priorities: [99, 89, 79],
          settings: `forwarding: ${mode}\n${settings}`,
          ...options,
        })
        await startServing(group, PATIENCE_MS)
      }, PATIENCE_MS)
      beforeEach(async () => {
        if (mode === 'kernel') await spreadByKernel(group)
        const first = (tested++ * CLIENTS_A_TEST) % CLIENTS.length
        experience = await Experience.of(mode, group, CLIENTS.slice(first, first + CLIENTS_A_TEST))
      }, PATIENCE_MS)
      afterEach(() => experience.stop())
      afterAll(async () => {
        await namespaces.close()
        group.close()
      })
      tests(() => experience, mode, namespaces)
    })
  })
}
