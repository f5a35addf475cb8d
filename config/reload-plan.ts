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
  /** Some of it cannot be done as it runs, so none of it is. `reason`: and what to do, for people. */
  | { readonly ok: false; readonly refusals: readonly (SettingChange & { readonly reason: string })[] }

/** Compares two configurations, setting by setting. Pure. */
export function planReload(running: GatewayConfig, wanted: GatewayConfig): ReloadPlan {
  const found = [...instanceChanges(running.instances, wanted.instances), ...changesBy(GATEWAY_RULES, running, wanted)]
  const refusals = found.flatMap(({ reason, ...change }) => (reason === null ? [] : [{ ...change, reason }]))
  if (refusals.length > 0) return { ok: false, refusals }
  return { ok: true, changes: found.map(({ path, before, after }) => ({ path, before, after })) }
}

type Found = SettingChange & { readonly reason: string | null }

/** Others than the first come and go; one that has another family or VRID is another one. */
function instanceChanges(running: readonly InstanceConfig[], wanted: readonly InstanceConfig[]): readonly Found[] {
  return [...populationChange(running, wanted), ...keptChanges(running, wanted)]
}

function populationChange(running: readonly InstanceConfig[], wanted: readonly InstanceConfig[]): readonly Found[] {
  const [before, after] = [running, wanted].map((instances) => instances.map(identityOf)) as [string[], string[]]
  const isSame = before.length === after.length && before.every((identity) => after.includes(identity))
  if (isSame && before[0] === after[0]) return []
  // One that goes and comes at the same time under the same name would be both.
  const renewed = wanted.find(
    ({ name }, index) => !before.includes(after[index]!) && running.some((one) => one.name === name),
  )
  const reason =
    before[0] === after[0] ? (renewed === undefined ? null : `${renewed.name} is another virtual router`) : FIRST
  return [
    {
      path: 'instances',
      before: before.join(', '),
      after: after.join(', '),
      reason: reason === null ? null : needsStart(reason),
    },
  ]
}

const FIRST = 'the first one is what nodes of the group know each other by'

/** Of those that are there before and after. */
function keptChanges(running: readonly InstanceConfig[], wanted: readonly InstanceConfig[]): readonly Found[] {
  return running.flatMap((instance) => {
    const other = wanted.find((one) => identityOf(one) === identityOf(instance))
    if (other === undefined) return []
    const prefix = running.length > 1 || wanted.length > 1 ? `instances.${instance.name}.` : ''
    const isStrict = instance.vrrp.strict || other.vrrp.strict
    const changes = changesBy(INSTANCE_RULES, instance, other)
    return changes
      .map((change) =>
        isStrict && change.path === INSTANCE_RULES.virtualIps.path ? { ...change, reason: STRICT } : change,
      )
      .map((change) => ({ ...change, path: `${prefix}${change.path}` }))
  })
}

/** Who discards the adverts of its director becomes a second one. */
const STRICT = 'with vrrp.strict nodes discard the adverts of whoever has others: take that out first, on every node'

const needsStart = (reason: string): string => `not while the gateway runs: ${reason}; restart it`

/** In one text, with what to do. */
function reasonOf(refusal: ReturnType<ReloadRule<unknown>['refusal']>): string | null {
  if (refusal === null) return null
  return typeof refusal === 'string' ? needsStart(refusal) : `${refusal.reason}; ${refusal.advice}`
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
    const reason = reasonOf(rule.refusal(before, after))
    return [{ path, before: show(before), after: show(after), reason }]
  })
}

const isRule = (rule: RuleTree[string]): rule is ReloadRule<unknown> => typeof rule.show === 'function'
