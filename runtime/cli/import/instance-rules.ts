/** What of a `vrrp_instance` maps where. */
import { isIP } from 'node:net'
import { familyOf } from '../../wire/ip-address-bytes.ts'
import { type Draft, type DraftInstance, settingProblem } from './draft.ts'
import { notify, trackScript } from './programs.ts'
import { type InstanceRules, missing, needless, numberOf, type Rule, secondsOf, sets } from './rule.ts'
import type { Statement } from './statement.ts'

const NOTICE = missing('nobody is told of it', 'see "proxyha events", or notify')
const WATCHED = 'the port monitor watches the proxy: track: { portMonitor: fault } makes the node step aside with it'
const ROUTES = missing('routes and rules are those of the host', 'set them on every node, for all time')
const VMAC = missing('virtual IPs are at the MAC of the interface, and gratuitous ARP tells who has them')
const LOG_ONLY = needless('it changes what is logged only')
const ALERT = missing('no mail is sent', 'let the monitoring watch /metrics or "proxyha status --json"')

/** Sets a key of the instance where the value is right; else lists the line. */
function own<Key extends 'virtualRouterId' | 'directorPriority'>(key: Key): Rule<DraftInstance> {
  return {
    to: key,
    words: 2,
    apply: ({ words, place }, instance, draft) => {
      const value = numberOf(words[1] ?? '')
      const problem = settingProblem([key], value)
      if (problem !== null) draft.differ(place, `${key}: ${problem}`, 'set it in the new file')
      else instance[key] = value as number
    },
  }
}

const ofVrrp = (key: string, read: (statement: Statement) => unknown, words?: number): Rule<DraftInstance> => ({
  to: `vrrp.${key}`,
  ...(words === undefined ? {} : { words }),
  apply: (statement, instance, draft) => {
    const value = read(statement)
    const problem = settingProblem(['vrrp', key], value)
    if (problem !== null) draft.differ(statement.place, `vrrp.${key}: ${problem}`, 'set it in the new file')
    else instance.vrrp[key] = value
  },
})

const OWNER_PRIORITY = 255
const priority: Rule<DraftInstance> = {
  to: 'directorPriority',
  words: 2,
  apply: (statement, instance, draft) => {
    if (statement.words[1] !== String(OWNER_PRIORITY)) {
      const rule = own('directorPriority')
      if ('apply' in rule) rule.apply(statement, instance, draft)
      return
    }
    instance.directorPriority = OWNER_PRIORITY - 1
    const instead = 'where the host has them as its own for all time, write 255'
    draft.differ(statement.place, '255 is for a host whose own the virtual IPs are; 254 was taken', instead)
  },
}

/** `ADDRESS[/PREFIX] [brd A] [dev IF] [scope S] [label L]`; without a prefix keepalived takes that of a host. */
function addVirtualIp({ words, place }: Statement, instance: DraftInstance, draft: Draft): undefined {
  const [written = '', ...options] = words
  const [address = '', prefix] = written.split('/')
  if (isIP(address) === 0) return draft.differ(place, `${written} is no IP address`, 'correct it in the new file')
  const device = options[options.indexOf('dev') + 1]
  if (options.includes('dev') && device !== instance.interfaceName && instance.interfaceName !== undefined)
    return draft.differ(
      place,
      `it is on ${device}, and all virtual IPs are on the interface of the group`,
      'another proxyha on that interface',
    )
  const family = familyOf(address)
  const first = instance.virtualIps[0]
  if (first !== undefined && familyOf(first) !== family)
    return draft.differ(place, 'a virtual router has addresses of one family', 'make an instance of its own for it')
  const text = `${address}/${prefix ?? (family === 'ipv4' ? 32 : 128)}`
  const problem = settingProblem(['virtualIps'], [text])
  if (problem !== null && !problem.startsWith('must be 3'))
    return draft.differ(place, problem, 'correct it in the new file')
  if (!instance.virtualIps.includes(text)) instance.virtualIps.push(text)
  const rest = options.filter((word, index) => word !== 'dev' && options[index - 1] !== 'dev')
  if (rest.length > 0)
    draft.differ(place, `not needed: "${rest.join(' ')}" (broadcast, scope and label are the kernel's own)`)
}

const virtualIpaddress: Rule<DraftInstance> = {
  to: 'virtualIps',
  apply: ({ words, block = [], place }, instance, draft) => {
    const inline = words.slice(1)
    if (inline.length > 0) addVirtualIp({ place, words: inline, block: undefined }, instance, draft)
    // `{ 10.0.0.1 10.0.0.2 }` on one line are two.
    for (const line of block) {
      const addresses = line.words.filter((word) => isIP(word.split('/')[0] ?? '') !== 0)
      const isList = addresses.length > 1 && addresses.length === line.words.length
      for (const of of isList ? addresses.map((word) => [word]) : [line.words])
        addVirtualIp({ ...line, words: of }, instance, draft)
    }
  },
}

const excluded: Rule<DraftInstance> = {
  to: 'virtualIps',
  apply: ({ block = [] }, instance, draft) => {
    for (const line of block) {
      const before = instance.virtualIps.length
      addVirtualIp(line, instance, draft)
      if (instance.virtualIps.length > before)
        draft.differ(
          line.place,
          'it is in the adverts as well, which keepalived leaves it out of',
          'change all nodes together',
        )
    }
  },
}

const trackInterface: Rule<DraftInstance> = {
  to: 'track.interface: fault',
  apply: (statement, instance, draft) => {
    for (const line of statement.block ?? [{ ...statement, words: statement.words.slice(1) }]) {
      const [device, ...options] = line.words
      if (device !== instance.interfaceName)
        draft.differ(
          line.place,
          'no equivalent: only the interface of the group is tracked',
          'track: { gateway: fault } looks beyond it',
        )
      else if (options.includes('weight'))
        draft.differ(
          line.place,
          'a weight has no equivalent: while the interface is down the node takes no part at all',
        )
    }
  },
}

/** Listed line by line, where the lines differ. */
const eachLine = (rule: { readonly reason: string; readonly instead?: string }): Rule<DraftInstance> => ({
  to: '',
  apply: ({ place, words, block }, _, draft) => {
    if (block === undefined || words.length > 1) draft.differ(place, rule.reason, rule.instead)
    for (const line of block ?? []) draft.differ(line.place, rule.reason, rule.instead)
  },
})

const peers: Rule<DraftInstance> = {
  to: 'vrrp.unicastPeers',
  apply: (statement, instance, draft) => {
    const lines = statement.block ?? []
    const addresses = lines.flatMap(({ words }) => words.slice(0, 1))
    for (const { words, place } of lines)
      if (words.length > 1) draft.differ(place, `not needed: "${words.slice(1).join(' ')}": adverts are of TTL 255`)
    const rule = ofVrrp('unicastPeers', () => [...statement.words.slice(1), ...addresses])
    if ('apply' in rule) rule.apply(statement, instance, draft)
  },
}

/** By keyword; `to` is where it goes. */
export const INSTANCE_RULES: InstanceRules = {
  interface: {
    to: 'interface',
    words: 2,
    apply: ({ words }, instance) => {
      instance.interfaceName = words[1]
    },
  },
  virtual_router_id: own('virtualRouterId'),
  priority,
  advert_int: {
    to: 'vrrp.advertInterval',
    words: 2,
    apply: ({ words, place }, instance, draft) => {
      const seconds = Number(words[1] ?? Number.NaN)
      if (seconds > 0 && seconds <= 255) instance.advertInterval = { seconds, place }
      else draft.differ(place, 'no interval of adverts', 'set vrrp.advertInterval')
    },
  },
  version: {
    to: 'vrrp.version',
    words: 2,
    apply: ({ words, place }, instance, draft) => {
      if (words[1] === '2' || words[1] === '3') instance.version = words[1] === '2' ? 2 : 3
      else draft.differ(place, 'VRRP has versions 2 and 3', 'set vrrp.version')
    },
  },
  nopreempt: ofVrrp('preempt', () => false, 1),
  preempt: ofVrrp('preempt', () => true, 1),
  preempt_delay: ofVrrp('preemptDelay', ({ words }) => secondsOf(words[1] ?? ''), 2),
  unicast_src_ip: sets(['managementIp'], (word) => word),
  mcast_src_ip: sets(['managementIp'], (word) => word),
  unicast_peer: peers,
  virtual_ipaddress: virtualIpaddress,
  virtual_ipaddress_excluded: excluded,
  track_interface: trackInterface,
  dont_track_primary: {
    to: 'track.interface',
    words: 1,
    apply: ({ place }, _, draft) => draft.set(['track', 'interface'], 'off', place),
  },
  garp_master_repeat: sets(['garp', 'count'], numberOf),
  garp_master_delay: {
    to: 'garp.repeatAfter',
    words: 2,
    apply: ({ words, place }, _, draft) => draft.set(['garp', 'repeatAfter'], [secondsOf(words[1] ?? '')], place),
  },
  garp_master_refresh: sets(['garp', 'refresh'], secondsOf),
  state: needless('the node with the highest priority leads, whatever it began as'),
  authentication: missing(
    'VRRP has none since RFC 3768, and a password on the wire protects nothing',
    'cluster.keyFile authenticates the nodes to each other; keepalived peers must drop it, too',
  ),
  track_script: trackScript,
  track_process: eachLine(missing('processes are not tracked', WATCHED)),
  track_file: eachLine(missing('files are not tracked', 'let the agent read it: agent.command')),
  track_bfd: eachLine(missing('there is no BFD', 'adverts as short as 10ms notice as fast: vrrp.version: 3')),
  virtual_routes: eachLine(ROUTES),
  virtual_rules: eachLine(ROUTES),
  use_vmac: VMAC,
  use_ipvlan: VMAC,
  vmac_xmit_base: VMAC,
  vmac_addr: VMAC,
  notify: notify('notify'),
  notify_master: notify('notify_master'),
  notify_backup: notify('notify_backup'),
  notify_fault: notify('notify_fault'),
  notify_stop: missing('nobody is told of a stop by itself', 'a director that stops tells notify of backup'),
  notify_deleted: NOTICE,
  notify_master_rx_lower_pri: NOTICE,
  notify_priority_changes: NOTICE,
  smtp_alert: ALERT,
  smtp_alert_faults: ALERT,
  garp_master_refresh_repeat: needless('a refresh is a burst of garp.count'),
  garp_lower_prio_delay: needless('an advert that loses is answered at once'),
  garp_lower_prio_repeat: needless('an advert that loses is answered by one advert'),
  lower_prio_no_advert: needless('an advert that loses is answered at a bounded rate'),
  higher_prio_send_advert: needless('who hears a winner gives way'),
  garp_interval: needless('bursts are short'),
  gna_interval: needless('bursts are short'),
  native_ipv6: needless('the addresses say which family it is'),
  accept: needless('a director takes packets for its virtual IPs'),
  no_accept: missing('a director takes packets for its virtual IPs', 'filter them by nftables'),
  strict_mode: needless('RFC 9568 is kept'),
  skip_check_adv_addr: needless('other virtual IPs in an advert are told, and count; vrrp.strict discards them'),
  promote_secondaries: needless('it is done where a virtual IP needs it'),
  track_src_ip: needless('a managementIp that goes takes the node out of the election'),
  checksum_compatibility: needless('checksums of both kinds are taken'),
  old_unicast_checksum: missing('that of keepalived before 1.3.6', 'change all nodes together'),
  unicast_fault_no_peers: needless('there is always a transport'),
  check_unicast_src: needless('adverts from outside the subnet are told'),
  down_timer_adverts: needless('three adverts, as the RFC has it'),
  kernel_rx_buf_size: needless('the buffer holds a second of a flood'),
  thread_timer_expired: LOG_ONLY,
  linkbeat_interfaces: missing('the carrier is told by the kernel'),
  linkbeat_use_polling: needless('the carrier is told by the kernel'),
  lvs_sync_daemon_interface: needless('the nodes tell each other of connections by themselves'),
  lvs_sync_daemon_inteface: needless('the nodes tell each other of connections by themselves'),
  debug: LOG_ONLY,
  log_all_state_changes: LOG_ONLY,
}
