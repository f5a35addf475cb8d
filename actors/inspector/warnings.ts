/** What the actors of this gateway warn of, in one list. Pure. */
import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Gathered, InstanceActors } from './slices.ts'

/** A warning as the status tells it. */
export interface ToldWarning extends Warning {
  /** The virtual router whose elector or announcer says it; its name begins the text where there are several. Null: nobody of them. */
  readonly instance: string | null
}

interface Warned {
  /** In the order of the configuration; at least one. */
  readonly instances: readonly (InstanceActors & { readonly name: string })[]
  /** What the start had to say. */
  readonly startWarnings: readonly Warning[]
}

/** Each once: of the start, of actors that do not answer, of the election, of the other actors, and `own`, the inspector's. */
export function warningsIn(
  { instances, startWarnings }: Warned,
  { instances: electing, slices, silent }: Gathered,
  own: readonly Warning[],
): readonly ToldWarning[] {
  const names = [...instances.flatMap(({ elector, announcer }) => [elector, announcer]), ...Object.keys(slices)]
  const ofInstances = instances.flatMap(({ name }, index): readonly ToldWarning[] => {
    const said = electing[index]
    return [...(said?.elector?.warnings ?? []), ...(said?.announcer?.warnings ?? [])].map((one) => {
      return { ...one, text: instances.length === 1 ? one.text : `${name}: ${one.text}`, instance: name }
    })
  })
  const others = Object.values(slices).flatMap(
    (slice: { readonly warnings: readonly Warning[] } | null) => slice?.warnings ?? [],
  )
  const ofNobody = (some: readonly Warning[]): readonly ToldWarning[] => some.map((one) => ({ ...one, instance: null }))
  const all = [
    ...ofNobody([...startWarnings, ...silences(names, silent)]),
    ...ofInstances,
    ...ofNobody([...others, ...own]),
  ]
  return [...new Map(all.map((one) => [one.text, one])).values()]
}

function silences(actors: readonly string[], silent: Gathered['silent']): readonly Warning[] {
  return actors.flatMap((actor) => {
    const reason = silent.get(actor)
    if (reason === undefined) return []
    return [warning('actor-silent', actor, `${actor} ${reason}: its part of the status is old or missing`)]
  })
}
