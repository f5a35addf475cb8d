/** What of `global_defs` maps where, and what stands beside it at the top of the file. */
import { settingProblem } from './draft.ts'
import { missing, needless, numberOf, type Rules, secondsOf, sets } from './rule.ts'

const MAIL = missing('no mail is sent', 'let the monitoring watch /metrics or "proxyha status --json"')
const SNMP = missing('there is no SNMP', 'Prometheus reads /metrics')
const SCRIPTS = needless('programs run as the user of the gateway, and are named by their path')
const PROCESS = needless(
  'the election has its own threads, before everything ordinary where adverts are fast (vrrp.realtime)',
)
const FILTER = needless('the gateway has its own tables of nftables')
const LVS = missing('IPVS is not used: forwarding is done by nftables or by the gateway itself')
const PATHS = needless('there are no such files')

/** By keyword of `global_defs`. */
export const GLOBAL_RULES: Rules<null> = {
  router_id: {
    to: 'name',
    words: 2,
    apply: ({ words, place }, _, draft) => {
      const name = words[1] ?? ''
      if (settingProblem(['name'], name) === null) draft.set(['name'], name, place)
      else
        draft.differ(
          place,
          `${name} cannot be the name of a node (letters, digits, dots and dashes)`,
          'its hostname is taken',
        )
    },
  },
  default_interface: {
    to: 'interface',
    words: 2,
    apply: ({ words }, _, draft) => {
      draft.defaultInterface = words[1]
    },
  },
  vrrp_version: {
    to: 'vrrp.version',
    words: 2,
    apply: ({ words, place }, _, draft) => {
      if (words[1] === '2' || words[1] === '3') draft.defaultVersion = words[1] === '2' ? 2 : 3
      else draft.differ(place, 'VRRP has versions 2 and 3', 'set vrrp.version')
    },
  },
  vrrp_garp_master_repeat: sets(['garp', 'count'], numberOf),
  vrrp_garp_master_refresh: sets(['garp', 'refresh'], secondsOf),
  vrrp_garp_master_delay: {
    to: 'garp.repeatAfter',
    words: 2,
    apply: ({ words, place }, _, draft) => draft.set(['garp', 'repeatAfter'], [secondsOf(words[1] ?? '')], place),
  },
  notification_email: MAIL,
  notification_email_from: MAIL,
  smtp_server: MAIL,
  smtp_helo_name: MAIL,
  smtp_connect_timeout: MAIL,
  smtp_alert: MAIL,
  smtp_alert_vrrp: MAIL,
  smtp_alert_checker: MAIL,
  no_email_faults: MAIL,
  email_faults: MAIL,
  enable_snmp_vrrp: SNMP,
  enable_snmp_checker: SNMP,
  enable_snmp_rfc: SNMP,
  enable_traps: SNMP,
  snmp_socket: SNMP,
  enable_dbus: missing('there is no D-Bus', 'the control socket: "proxyha status --json"'),
  script_user: SCRIPTS,
  enable_script_security: SCRIPTS,
  max_auto_priority: PROCESS,
  vrrp_priority: PROCESS,
  checker_priority: PROCESS,
  vrrp_rt_priority: PROCESS,
  vrrp_rlimit_rttime: PROCESS,
  vrrp_no_swap: PROCESS,
  vrrp_cpu_affinity: PROCESS,
  process_names: PROCESS,
  vrrp_process_name: PROCESS,
  checker_process_name: PROCESS,
  instance: PROCESS,
  net_namespace: missing('it runs in the namespace that it is started in', 'ip netns exec NAME proxyha run'),
  vrrp_iptables: FILTER,
  vrrp_ipsets: FILTER,
  nftables: FILTER,
  nftables_priority: FILTER,
  nftables_ifindex: FILTER,
  vrrp_strict: needless('RFC 9568 is kept'),
  vrrp_skip_check_adv_addr: needless('other virtual IPs in an advert are told, and count; vrrp.strict discards them'),
  vrrp_check_unicast_src: needless('adverts from outside the subnet are told'),
  vrrp_mcast_group4: missing('adverts go to 224.0.0.18', 'vrrp.unicastPeers where the network does not carry it'),
  vrrp_mcast_group6: missing('adverts go to ff02::12'),
  vrrp_garp_interval: needless('bursts are short'),
  vrrp_gna_interval: needless('bursts are short'),
  vrrp_garp_master_refresh_repeat: needless('a refresh is a burst of garp.count'),
  vrrp_garp_lower_prio_delay: needless('an advert that loses is answered at once'),
  vrrp_garp_lower_prio_repeat: needless('an advert that loses is answered by one advert'),
  vrrp_lower_prio_no_advert: needless('an advert that loses is answered at a bounded rate'),
  vrrp_higher_prio_send_advert: needless('who hears a winner gives way'),
  vrrp_startup_delay: missing('who starts first learns who leads (vrrp.holdOff)'),
  vrrp_notify_priority_changes: missing('the log tells changes of the priority'),
  vrrp_notify_fifo: missing('there is no FIFO', '"proxyha events --follow" tells the same'),
  vrrp_notify_fifo_script: missing('there is no FIFO', '"proxyha events --follow" tells the same'),
  notify_fifo: missing('there is no FIFO', '"proxyha events --follow" tells the same'),
  notify_fifo_script: missing('there is no FIFO', '"proxyha events --follow" tells the same'),
  lvs_sync_daemon: LVS,
  lvs_flush: LVS,
  lvs_flush_onstop: LVS,
  lvs_notify_fifo: LVS,
  dynamic_interfaces: needless('an interface may come and go (track.interface)'),
  allow_if_changes: needless('an interface may come and go (track.interface)'),
  use_pid_dir: PATHS,
  tmp_config_directory: PATHS,
  use_symlink_paths: PATHS,
  disable_local_igmp: needless('the group is joined on the interface alone'),
  reload_check_config: needless('a reload checks the file, and refuses it whole'),
  reload_time_file: missing('a reload is asked for', '"proxyha reload", or SIGHUP, by a timer'),
  log_unknown_vrids: needless('unknown VRIDs are counted, and told'),
}

/** Blocks at the top of the file that have no equivalent as a whole. */
export const TOP_LEVEL: Readonly<Record<string, { readonly reason: string; readonly instead?: string }>> = {
  vrrp_track_process: missing(
    'processes are not tracked',
    'the port monitor watches the proxy: track: { portMonitor: fault }',
  ),
  track_file: missing('files are not tracked', 'let the agent read it: agent.command'),
  vrrp_track_file: missing('files are not tracked', 'let the agent read it: agent.command'),
  bfd_instance: missing('there is no BFD', 'adverts as short as 10ms notice as fast: vrrp.version: 3'),
  static_ipaddress: missing('addresses of the host are its own', 'set them on every node, for all time'),
  static_routes: missing('routes and rules are those of the host', 'set them on every node, for all time'),
  static_rules: missing('routes and rules are those of the host', 'set them on every node, for all time'),
  static_track_group: missing('routes and rules are those of the host', 'set them on every node, for all time'),
  virtual_server_group: missing('a group of virtual servers', 'name their ports by --redirect'),
  SSL: missing('TLS ends at the proxies'),
  net_namespace: missing('it runs in the namespace that it is started in', 'ip netns exec NAME proxyha run'),
  linkbeat_use_polling: needless('the carrier is told by the kernel'),
}
