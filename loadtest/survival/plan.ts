/** What is done to a group whose connections are open, in the order in which it is done. */

export const modes = ['kernel', 'workers'] as const
export type Mode = (typeof modes)[number]

/** Those that `--mode NAME` chooses, without it all. Throws for a name that is none, which `readingOptions` tells. */
export function chosenModes(name: string | undefined): readonly Mode[] {
  const chosen = modes.filter((mode) => name === undefined || mode === name)
  if (chosen.length === 0) throw new Error(`--mode: there is no ${name}, only ${modes.join(', ')}`)
  return chosen
}

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
  /** How those on survivors ended, and how many each way. */
  readonly failures: Readonly<Record<string, number>>
}
