import type { Mode } from '../group/network.ts'

/** What is done to a group whose connections are open, in the order in which it is done. */

export const happenings = [
  { name: 'death', title: 'director dies (cable cut)' },
  { name: 'return', title: 'the old director returns' },
  { name: 'hand-over', title: 'ordered hand-over' },
  { name: 'rebalancing', title: 'a node is given three times the slots' },
  { name: 'join', title: 'a node is added' },
  { name: 'drain', title: 'a node is drained' },
  { name: 'restart', title: 'proxyha stopped and started, third node' },
  { name: 'restart-director', title: 'proxyha stopped and started, director' },
  { name: 'kill', title: 'proxyha killed (-9) and started, third node' },
  { name: 'kill-director', title: 'proxyha killed (-9) and started, director' },
] as const
export type Happening = (typeof happenings)[number]['name']

/** What became of the connections by one happening. */
export interface Outcome {
  readonly mode: Mode
  readonly happening: Happening
  readonly opened: number
  readonly lost: number
  /** Of those: that ended on a node which was there all the time. */
  readonly lostOnSurvivors: number
  /** How those on survivors ended, and how new ones failed, and how many each way. */
  readonly failures: Readonly<Record<string, number>>
  /** New connections that were begun meanwhile; those that were not answered; those whose SYN had to be sent again. */
  readonly begun: number
  readonly failed: number
  readonly waited: number
}
