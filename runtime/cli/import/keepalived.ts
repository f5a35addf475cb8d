/** keepalived.conf as a draft. */
import { type Draft, type DraftInstance, durationText, settingProblem } from './draft.ts'
import { GLOBAL_RULES, TOP_LEVEL } from './global-rules.ts'
import { INSTANCE_RULES } from './instance-rules.ts'
import { readKeepalived, type Sources } from './keepalived-tree.ts'
import { finishPrograms, importScript } from './programs.ts'
import { applyRules } from './rule.ts'
import { importVirtualServer } from './server-rules.ts'
import type { Statement } from './statement.ts'

const INSTANCES_MAX = 8

/** Reads a file and what it includes into the draft. Never throws for what it holds. */
export function importKeepalived(path: string, sources: Sources, draft: Draft): void {
  const { statements, differences } = readKeepalived(path, sources)
  draft.differences.push(...differences)
  // What is set for all counts wherever it stands.
  for (const statement of statements)
    if (isOf(statement, 'global_defs')) applyRules(statement.block ?? [], GLOBAL_RULES, null, draft)
  for (const statement of statements) if (!isOf(statement, 'virtual_server')) importTopLevel(statement, draft)
  for (const statement of statements) if (isOf(statement, 'virtual_server')) importVirtualServer(statement, draft)
  finishPrograms(draft)
}

const isOf = ({ words }: Statement, keyword: string): boolean => words[0] === keyword

function importTopLevel(statement: Statement, draft: Draft): undefined {
  const [keyword = ''] = statement.words
  switch (keyword) {
    case 'global_defs':
      return undefined
    case 'vrrp_instance':
      return importInstance(statement, draft)
    case 'vrrp_script':
      importScript(statement, draft)
      return undefined
    case 'vrrp_sync_group':
      return importSyncGroup(statement, draft)
    default: {
      const known = Object.hasOwn(TOP_LEVEL, keyword) ? TOP_LEVEL[keyword] : undefined
      if (known !== undefined) return draft.differ(statement.place, known.reason, known.instead)
      return draft.differ(statement.place, 'not known to this import', 'see what it does, and whether it is needed')
    }
  }
}

function importSyncGroup({ words, place, block = [] }: Statement, draft: Draft): undefined {
  const instead = 'virtual IPs that have to move together belong to one instance'
  draft.differ(
    place,
    `no equivalent: each instance is elected by itself, also those of ${words[1] ?? 'this group'}`,
    instead,
  )
  for (const statement of block.filter((line) => !isOf(line, 'group')))
    draft.differ(statement.place, 'no equivalent: there are no groups of instances', 'as for an instance')
}

function importInstance({ words, place, block = [] }: Statement, draft: Draft): undefined {
  const name = words[1] ?? ''
  const instance: DraftInstance = {
    name,
    place,
    interfaceName: undefined,
    virtualRouterId: undefined,
    directorPriority: undefined,
    virtualIps: [],
    version: undefined,
    advertInterval: undefined,
    vrrp: {},
    tracked: [],
    notified: [],
  }
  // Its interface first: what is tracked, and where addresses are, is judged by it.
  const isInterface = (line: Statement): boolean => isOf(line, 'interface')
  applyRules(block.filter(isInterface), INSTANCE_RULES, instance, draft)
  instance.interfaceName ??= draft.defaultInterface
  applyRules(
    block.filter((line) => !isInterface(line)),
    INSTANCE_RULES,
    instance,
    draft,
  )
  const refusal = refusalOf(instance, draft)
  if (refusal !== null) return draft.differ(place, refusal.reason, refusal.instead)
  finishVrrp(instance, draft)
  draft.instances.push(instance)
  return undefined
}

/** Why an instance is left out as a whole; null: it is not. */
function refusalOf(
  { virtualRouterId, virtualIps, interfaceName }: DraftInstance,
  draft: Draft,
): { readonly reason: string; readonly instead: string } | null {
  const [first] = draft.instances
  if (virtualRouterId === undefined)
    return { reason: 'left out: it has no virtual_router_id that is right', instead: 'correct it, and import again' }
  if (virtualIps.length === 0)
    return { reason: 'left out: it has no virtual IP that is right', instead: 'correct it, and import again' }
  if (draft.instances.length >= INSTANCES_MAX)
    return { reason: `left out: a gateway has ${INSTANCES_MAX} instances at most`, instead: 'put virtual IPs together' }
  if (first !== undefined && interfaceName !== first.interfaceName)
    return {
      reason: `left out: it is on ${interfaceName}, and a gateway has one interface`,
      instead: 'import it for another proxyha',
    }
  const family = isIpv6(virtualIps)
  if (draft.instances.some((other) => other.virtualRouterId === virtualRouterId && isIpv6(other.virtualIps) === family))
    return {
      reason: `left out: VRID ${virtualRouterId} is that of another instance`,
      instead: 'give it one of its own',
    }
  return null
}

const isIpv6 = (virtualIps: readonly string[]): boolean => virtualIps[0]?.includes(':') === true

/** The interval as the version can have it. */
function finishVrrp(instance: DraftInstance, draft: Draft): void {
  const version = instance.version ?? (isIpv6(instance.virtualIps) ? 3 : (draft.defaultVersion ?? 2))
  instance.version = isIpv6(instance.virtualIps) ? 3 : version
  if (instance.advertInterval === undefined) return
  const { seconds, place } = instance.advertInterval
  if (instance.version === 2 && !Number.isInteger(seconds)) {
    const whole = Math.ceil(seconds)
    draft.differ(
      place,
      `version 2 has whole seconds: ${whole}s was taken, as keepalived does`,
      'vrrp.version: 3 on all nodes for less',
    )
    instance.vrrp.advertInterval = `${whole}s`
    return
  }
  const ms = instance.version === 3 ? Math.max(10, Math.round(seconds * 100) * 10) : seconds * 1000
  const text = durationText(ms / 1000)
  const problem =
    instance.version === 3 && ms > 40_950
      ? 'version 3 has 40.95 s at most'
      : settingProblem(['vrrp', 'advertInterval'], text)
  const isAlone = problem === null || /whole seconds|multiple/.test(problem)
  if (!isAlone) return void draft.differ(place, problem, 'set vrrp.advertInterval')
  if (Math.abs(ms - seconds * 1000) > 1e-6) draft.differ(place, `version 3 has steps of 10 ms: ${text} was taken`)
  instance.vrrp.advertInterval = text
}
