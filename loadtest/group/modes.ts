export const modes = ['kernel', 'workers'] as const
export type Mode = (typeof modes)[number]

/** Those that `--mode NAME` chooses, without it all. Throws for a name that is none, which `readingOptions` tells. */
export function chosenModes(name: string | undefined): readonly Mode[] {
  const chosen = modes.filter((mode) => name === undefined || mode === name)
  if (chosen.length === 0) throw new Error(`--mode: there is no ${name}, only ${modes.join(', ')}`)
  return chosen
}
