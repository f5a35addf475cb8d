/** What every load test is made of: its options, and how it runs. */
import { fileURLToPath } from 'node:url'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** What a command line comes to. */
type ParsedOptions<Options> =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'help' }
  /** An option that the operator got wrong. */
  | { readonly type: 'mistake'; readonly reason: string }

type Values<Config extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: Config }>>['values']

/** A load test as `main.ts` starts it. Methods, so that a load test of any options is one of unknown ones. */
export interface LoadTest<Options = unknown> {
  /** What `--help` prints. */
  readonly usage: string
  parse(args: readonly string[]): ParsedOptions<Options>
  /** Whether it needs namespaces of its own, for these options; it does unless it says otherwise. */
  needsSandbox(options: Options): boolean
  /** Its exit code. */
  run(options: Options): Promise<number> | number
}

type Plan<Config extends ParseArgsOptionsConfig, Options> = Pick<LoadTest<Options>, 'usage' | 'run'> &
  Partial<Pick<LoadTest<Options>, 'needsSandbox'>> & {
    /** As `parseArgs` takes them; `--help` is always one. */
    readonly options: Config
    /** What the command line says. @throws Error for what cannot be meant */
    interpret(values: Values<Config>): Options
  }

/** A load test of these options. */
export function defineLoadTest<const Config extends ParseArgsOptionsConfig, Options>(
  plan: Plan<Config, Options>,
): LoadTest<Options> {
  const options = { ...plan.options, help: { type: 'boolean', default: false } } as const
  return {
    needsSandbox: () => true,
    ...plan,
    parse: (args) => {
      try {
        const values = parseArgs({ args: [...args], options }).values as Values<Config> & { readonly help: boolean }
        return values.help ? { type: 'help' } : { type: 'run', options: plan.interpret(values) }
      } catch (cause) {
        // parseArgs throws on an option that it does not know: the operator's mistake, not a bug.
        return { type: 'mistake', reason: cause instanceof Error ? cause.message : String(cause) }
      }
    },
  }
}

/** The load test of a folder beside this one. */
export async function loadTestOf(name: string): Promise<LoadTest> {
  const { loadTest } = (await import(`./${name}/load-test.ts`)) as { readonly loadTest: LoadTest }
  return loadTest
}

/** A number of rounds, seconds or whatever else, unless it says otherwise a whole one from 1 to 1000. @throws Error for another */
export function numberOf(option: string, text: string, least = 1, most = 1000, isWhole = true): number {
  const value = Number(text)
  if (text !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value
  throw new Error(`${option}: ${text} is not a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`)
}

/** The items of a name or of several, in their own order; without names `ordinary`. @throws Error for a name that is none */
export function chosenOf<Item extends string | { readonly name: string }>(
  option: string,
  names: string | readonly string[] | undefined,
  items: readonly Item[],
  ordinary: readonly Item[] = items,
): readonly Item[] {
  const nameOf = (item: Item) => (typeof item === 'string' ? item : item.name)
  const known = items.map(nameOf)
  const asked = names === undefined ? ordinary.map(nameOf) : [names].flat()
  const unknown = asked.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`${option}: there is no ${unknown}, only ${known.join(', ')}`)
  return items.filter((item) => asked.includes(nameOf(item)))
}

/** Where figures go unless the command line says otherwise. */
export const resultFile = (name: string): string => fileURLToPath(new URL(`./results/${name}.json`, import.meta.url))
