import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig, InstanceConfig } from './gateway-config.ts'
import { GATEWAY_RULES, INSTANCE_RULES, type ReloadRule } from './reload-rules.ts'

/** One setting that is another than it was, as people write it; secrets are not shown. */
export interface SettingChange {
  /** As in the file; of several instances, `instances.NAME.` comes before what is theirs. */
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What a gateway that runs would have to do to go by another configuration. */
export type ReloadPlan =
  /** No changes: there is nothing to do. */
  | { readonly ok: true; readonly changes: readonly SettingChange[] }
  /** Some of it cannot be done as it runs, so none of it is. */
  | { readonly ok: false; readonly refusals: readonly (SettingChange & { readonly reason: string })[] }

/** Compares two configurations, setting by setting. Pure. */
export function planReload(running: GatewayConfig, wanted: GatewayConfig): ReloadPlan {
  const found = [...instanceChanges(running.instances, wanted.instances), ...changesBy(GATEWAY_RULES, running, wanted)]
  const refusals = found.flatMap(({ reason, ...change }) => (reason === null ? [] : [{ ...change, reason }]))
  if (refusals.length > 0) return { ok: false, refusals }
  return { ok: true, changes: found.map(({ path, before, after }) => ({ path, before, after })) }
}

type Found = SettingChange & { readonly reason: string | null }

function instanceChanges(running: readonly InstanceConfig[], wanted: readonly InstanceConfig[]): readonly Found[] {
  const [before, after] = [running, wanted].map((instances) => instances.map(identityOf).join(', ')) as [string, string]
  if (before !== after) {
    return [{ path: 'instances', before, after, reason: 'each has actors of its own, which are made at the start' }]
  }
  return running.flatMap((instance, index) => {
    const prefix = running.length > 1 ? `instances.${instance.name}.` : ''
    const changes = changesBy(INSTANCE_RULES, instance, wanted[index])
    return changes.map((change) => ({ ...change, path: `${prefix}${change.path}` }))
  })
}

const identityOf = ({ name, family, virtualRouterId }: InstanceConfig): string =>
  `${name} (${family}, VRID ${virtualRouterId})`

/** Rules and values have the same shape, by the type of the rules; the compiler cannot follow both through an index. */
type RuleTree = { readonly [key: string]: ReloadRule<unknown> | RuleTree }

function changesBy(rules: object, running: unknown, wanted: unknown): readonly Found[] {
  return Object.entries(rules as RuleTree).flatMap(([key, rule]): readonly Found[] => {
    const [before, after] = [running, wanted].map((section) => (section as Readonly<Record<string, unknown>>)[key])
    if (!isRule(rule)) return changesBy(rule, before, after)
    if (isDeepStrictEqual(before, after)) return []
    const { path, show } = rule
    return [{ path, before: show(before), after: show(after), reason: rule.refusal(before, after) }]
  })
}

const isRule = (rule: RuleTree[string]): rule is ReloadRule<unknown> => typeof rule.show === 'function'
