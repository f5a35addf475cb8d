/** What an operator is told of neighbours, and the machine's part in noticing them. */
import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import type { ForeignRouter, SettingOfRouter } from '../messages.ts'
import type { Turn } from '../turn.ts'
import {
  differencesOf,
  freeVrid,
  heardForeign,
  heardRival,
  heardVrid,
  RIVAL_ADVERTS,
  withoutForeign,
} from './neighbours.ts'
import type { Notice } from './notices.ts'

/** Addresses of an advert that a line repeats. */
const ADDRESSES_SHOWN = 4
/** Intervals of silence after which a rival that is heard again is a new matter. */
const RIVAL_SILENCE = 4

/** Another VRID than ours is in use: what a suggestion must avoid. */
export function noteVrid(turn: Turn, virtualRouterId: number): void {
  turn.change({ neighbours: heardVrid(turn.state.neighbours, virtualRouterId, turn.nowMs) })
}

/** Our VRID with other settings is somebody else's virtual router, or a node of ours that is set up otherwise. */
export function noteForeign(turn: Turn, source: string, advert: Advertisement, authenticated: boolean): void {
  const differs = differencesOf(advert, authenticated, turn.options)
  if (differs.length === 0) {
    turn.change({ neighbours: withoutForeign(turn.state.neighbours, source) })
    turn.noteOver(`foreign:${source}`)
    return
  }
  const { version, priority, advertIntervalCs, addresses } = advert
  const router = {
    address: source,
    version,
    priority,
    advertIntervalMs: advertIntervalCs * 10,
    authenticated,
    virtualIps: addresses,
    differs,
  }
  turn.change({ neighbours: heardForeign(turn.state.neighbours, router, turn.nowMs) })
  const { advertIntervalMs: everyMs } = router
  const text = foreignText(turn, router)
  turn.note({ key: `foreign:${source}`, level: 'warn', text, everyMs, code: 'foreign-vrid', about: source })
}

function foreignText(turn: Turn, router: Omit<ForeignRouter, 'lastHeardMs'>): string {
  const { virtualRouterId, virtualIps } = turn.options
  const { address, priority, version, advertIntervalMs, authenticated, differs } = router
  const authentication = authenticated ? ', authenticated' : ''
  const who = `${address} (priority ${priority}, version ${version}, every ${advertIntervalMs} ms${authentication}, virtual IPs ${listed(router.virtualIps)})`
  const free = freeVrid(turn.state.neighbours, virtualRouterId, turn.nowMs)
  const another = free === undefined ? 'another VRID' : `another VRID, ${free} is free`
  const isOurs = router.virtualIps.some((virtualIp) => virtualIps.includes(virtualIp))
  return isOurs
    ? `${who} uses VRID ${virtualRouterId} with other settings (${differs.map(settingName).join(', ')}): make them the same on all nodes`
    : `VRID ${virtualRouterId} is in use by another virtual router, ${who}: give one of both ${another}`
}

const listed = (addresses: readonly string[]): string => {
  const more = addresses.length - ADDRESSES_SHOWN
  return addresses.slice(0, ADDRESSES_SHOWN).join(' ') + (more > 0 ? ` and ${more} more` : '')
}

function settingName(setting: SettingOfRouter): string {
  switch (setting) {
    case 'version':
      return 'VRRP version'
    case 'authentication':
      return 'authentication, which RFC 3768 has removed'
    case 'interval':
      return 'advert interval'
    case 'virtualIps':
      return 'virtual IPs'
    default:
      return setting satisfies never
  }
}

/** Of one election that is forced there is one line, however many adverts its loser still sends. */
export const forcedElection = (loser: string): Notice => ({
  key: `election:${loser}`,
  level: 'info',
  text: 'forcing a new MASTER election',
  code: null,
})

/** Another master goes on although it has to give way: it does not hear us. */
export function noteRival(turn: Turn, source: string, priority: number): void {
  const { options, state, nowMs } = turn
  const silenceMs = RIVAL_SILENCE * options.advertIntervalCs * 10
  const neighbours = heardRival(state.neighbours, { address: source, priority }, nowMs, silenceMs)
  turn.change({ neighbours })
  const adverts = neighbours.rivals.find(({ address }) => address === source)?.adverts ?? 0
  if (adverts < RIVAL_ADVERTS) return
  const why = priority < options.priority ? `priority ${options.priority}` : 'the same priority, higher address'
  const text = `two directors: ${source} with priority ${priority} advertises beside this node (${why}) and does not give way; our adverts do not reach it`
  turn.note({ key: `rival:${source}`, level: 'warn', text, code: 'dual-master', about: source })
}
