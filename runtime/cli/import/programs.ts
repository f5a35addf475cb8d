/** Programs of keepalived.conf: `vrrp_script`, `track_script` and `notify`. */
import type { NotifyEvent } from '../../../config/gateway-config.ts'
import { type Draft, type DraftInstance, type DraftScript, settingProblem } from './draft.ts'
import { applyRules, missing, numberOf, type Rule, type Rules, secondsOf } from './rule.ts'
import type { Place, Statement } from './statement.ts'

/** keepalived hands a line with these to a shell, or to a program whose own words they are; ours starts programs by themselves. */
const SHELL_SIGNS = /[|&;<>()$`*?~]/

/** What programs are told of, by the keyword that names them. */
const TOLD: Readonly<Record<string, readonly NotifyEvent[]>> = {
  notify: ['director', 'backup', 'fault'],
  notify_master: ['director'],
  notify_backup: ['backup'],
  notify_fault: ['fault'],
}

/** The words of a program's line; its path must start with /. Undefined: it is listed. */
function programOf(line: string, place: Place, draft: Draft): readonly string[] | undefined {
  const instead = 'put it into a program of its own, and name that by its path'
  if (SHELL_SIGNS.test(line)) return draft.differ(place, `no equivalent: there is no shell for "${line}"`, instead)
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare!,
  )
  if (words[0]?.startsWith('/') === true) return words
  return draft.differ(place, `a program is named by its path, which starts with /, not by "${line}"`, 'write its path')
}

/** `user` and `group` behind a program: it would run as them. */
function tellOfUser(words: readonly string[], place: Place, draft: Draft): void {
  if (words.length > 0)
    draft.differ(
      place,
      `no equivalent: it runs as the gateway does, not as ${words.join(':')}`,
      'see that this may run it',
    )
}

const setsScript = (
  key: 'interval' | 'timeout' | 'rise' | 'fall',
  read: (word: string) => unknown,
): Rule<DraftScript> => ({
  to: `track.scripts.${key}`,
  words: 2,
  apply: ({ words, place }, script, draft) => {
    const value = read(words[1] ?? '')
    const problem = settingProblem(['track', 'scripts'], [{ command: '/x', [key]: value }])
    if (problem === null) script.settings[key] = value
    else draft.differ(place, `${key}: ${problem}`, 'set it in the new file')
  },
})

/** Of a `vrrp_script`. */
const SCRIPT_RULES: Rules<DraftScript> = {
  script: {
    to: 'track.scripts.command',
    apply: ({ words, place }, script, draft) => {
      script.command = programOf(words.slice(1).join(' '), place, draft)
    },
  },
  interval: setsScript('interval', secondsOf),
  timeout: setsScript('timeout', secondsOf),
  rise: setsScript('rise', numberOf),
  fall: setsScript('fall', numberOf),
  weight: {
    to: 'track.scripts.weight',
    apply: ({ words, place }, script, draft) => setWeight(words.slice(1), place, script, draft),
  },
  user: {
    to: '',
    apply: ({ words, place }, _, draft) => tellOfUser(words.slice(1), place, draft),
  },
  init_fail: missing('a script counts as well until it has failed', 'give the election a hold-off: vrrp.holdOff'),
}

/** A weight of 0 is none: then a failure is a fault. */
function setWeight(words: readonly string[], place: Place, script: DraftScript, draft: Draft): undefined {
  const [weight = '', ...rest] = words
  const value = numberOf(weight)
  const problem = value === 0 ? null : settingProblem(['track', 'scripts'], [{ command: '/x', weight: value }])
  if (problem !== null) return draft.differ(place, `weight: ${problem}`, 'set it in the new file')
  if (rest.length > 0)
    draft.differ(place, `no equivalent: "${rest.join(' ')}" behind a weight`, 'turn the exit code round in the program')
  if (value === 0) delete script.settings.weight
  else script.settings.weight = value
}

/** `vrrp_script NAME { ... }`: kept until an instance tracks it. */
export function importScript({ words, place, block = [] }: Statement, draft: Draft): void {
  const script: DraftScript = { command: undefined, settings: {}, place, isTracked: false }
  applyRules(block, SCRIPT_RULES, script, draft)
  draft.scripts.set(words[1] ?? '', script)
}

/** `track_script { NAME [weight W] }`: scripts may stand behind the instance. */
export const trackScript: Rule<DraftInstance> = {
  to: 'track.scripts',
  apply: (statement, instance) => {
    instance.tracked.push(...(statement.block ?? [{ ...statement, words: statement.words.slice(1) }]))
  },
}

/** `notify... PROGRAM [user [group]]`. */
export const notify = (keyword: keyof typeof TOLD): Rule<DraftInstance> => ({
  to: 'notify',
  apply: ({ words, place }, instance, draft) => {
    const [line = '', ...user] = words.slice(1)
    const command = programOf(line, place, draft)
    if (command === undefined) return
    tellOfUser(user, place, draft)
    instance.notified.push({ on: TOLD[keyword]!, command, place })
    if (keyword !== 'notify')
      draft.differ(
        place,
        'it gets four more arguments: INSTANCE, the name, the state, the priority',
        'see that it takes them',
      )
  },
})

/** The programs of the instances that were taken over. */
export function finishPrograms(draft: Draft): void {
  for (const { tracked, notified } of draft.instances) {
    for (const line of tracked) track(line, draft)
    for (const { on, command, place } of notified) {
      if (draft.instances.length > 1)
        draft.differ(
          place,
          'it is told of all instances, not of this one alone',
          'let it look at the name that it gets',
        )
      draft.add(['notify'], { on, command }, place)
    }
  }
  for (const { place, isTracked } of draft.scripts.values())
    if (!isTracked) draft.differ(place, 'not needed: no instance tracks it')
}

function track({ words, place }: Statement, draft: Draft): undefined {
  const [name = '', ...options] = words
  const script = draft.scripts.get(name)
  if (script === undefined) return draft.differ(place, `there is no vrrp_script ${name}`, 'see what it was to be')
  if (script.isTracked)
    return draft.differ(place, 'not needed: a script counts for all instances, as it was tracked first')
  script.isTracked = true
  if (options[0] === 'weight') setWeight(options.slice(1), place, script, draft)
  else if (options.length > 0) draft.differ(place, `"${options.join(' ')}" is not understood`)
  if (script.command === undefined)
    return draft.differ(
      place,
      'left out: its vrrp_script names no program that could be started',
      'add it to track.scripts',
    )
  const isName = settingProblem(['track', 'scripts'], [{ name, command: '/x' }]) === null
  draft.add(['track', 'scripts'], { ...(isName ? { name } : {}), command: script.command, ...script.settings }, place)
}
