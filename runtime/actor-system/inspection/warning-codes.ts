/** All warnings that there are. docs/doctor.md explains them; a test holds both together, and that each is said where it says. */

/**
 * `failure`: clients are not served, or by whom is left to chance. `warning`: served, but something is to be mended. `note`: nothing is wrong,
 * or not any more.
 */
export type WarningLevel = 'failure' | 'warning' | 'note'

interface WarningKind {
  /** Actors that say it; `gateway`: the start says it. */
  readonly by: readonly string[]
  readonly level: WarningLevel
  /** In a few words: for a verdict that names nobody, and the documentation. */
  readonly meaning: string
  /** What to do, unless the actor has better advice; null: the text says it, or there is nothing to do. */
  readonly advice: string | null
}

const kind = (by: string, level: WarningLevel, meaning: string, advice: string | null): WarningKind => ({
  by: by.split(' '),
  level,
  meaning,
  advice,
})

const KINDS = {
  // The election, and the addresses.
  'dual-master': kind(
    'elector',
    'failure',
    'another node advertises beside this director, and does not give way',
    'let the adverts of this node reach the other: IP protocol 112 to 224.0.0.18 (filters there, IGMP snooping of the switch), or use vrrp.unicastPeers on all nodes',
  ),
  'two-directors': kind(
    'discovery',
    'failure',
    'two nodes say by beacons that they are director of one virtual router',
    'beacons arrive and adverts do not: let IP protocol 112 to 224.0.0.18 through between the nodes (filters, IGMP snooping), or use vrrp.unicastPeers',
  ),
  'foreign-vrid': kind('elector', 'warning', 'somebody else uses this VRID, or a node has other settings', null),
  'same-priority': kind(
    'elector discovery',
    'warning',
    'another node has the same priority',
    'give each node a directorPriority of its own',
  ),
  'adverts-discarded': kind(
    'elector',
    'warning',
    'adverts that break a rule of VRRP arrive',
    'mend it at their sender; until then this node does not know it as a router of the group',
  ),
  'adverts-not-sent': kind(
    'elector',
    'warning',
    'the kernel refuses to send an advert',
    'look at the interface, and at filters for what leaves this host',
  ),
  'adverts-not-read': kind(
    'elector',
    'warning',
    'adverts could not be read: no takeover by silence alone',
    'see "proxyha actors", and the log',
  ),
  fault: kind(
    'elector',
    'warning',
    'something tracked has failed: no part in the election',
    'mend what is tracked, or change its setting in track',
  ),
  'priority-lowered': kind(
    'elector',
    'warning',
    'something tracked has failed: a lower priority',
    'mend what is tracked, or change its setting in track',
  ),
  yielding: kind(
    'elector',
    'note',
    'this node has stepped down, and leaves the director alone',
    'to have it back, run "proxyha failover" on the present director',
  ),
  'vip-refused': kind(
    'elector announcer',
    'warning',
    'the kernel refuses a virtual IP',
    'see "proxyha events" for what the kernel said',
  ),
  'vip-not-ours': kind(
    'announcer gateway',
    'warning',
    "a virtual IP is on this host by an administrator's hand",
    'take it off where the warning says, and out of what puts it there: the gateway puts it on the interface while it leads',
  ),
  'vip-contested': kind(
    'announcer',
    'warning',
    'another program adds or removes the virtual IPs',
    'find the program that manages the addresses of this interface',
  ),
  'vip-held-by-stranger': kind(
    'announcer watcher',
    'warning',
    'a MAC that is no VRRP master answers for a virtual IP',
    'find the host with that MAC and take the address off it; until then the address is not added here',
  ),
  'vip-announced-by-stranger': kind(
    'watcher',
    'warning',
    'a virtual IP is held here, and another MAC announces it as well',
    'find the host with that MAC and take the address off it',
  ),
  'arp-not-sent': kind(
    'announcer',
    'warning',
    'gratuitous ARP cannot be sent',
    'look at the interface: clients do not learn of this director by it',
  ),
  'link-down': kind(
    'announcer',
    'failure',
    'the interface of this director is down',
    'look at cable and switch port; "ip link" tells more',
  ),
  'mtu-too-small': kind('watcher', 'warning', 'adverts are larger than the MTU of the interface', null),
  'interface-unreadable': kind(
    'watcher fast-path',
    'warning',
    'the interface cannot be read, or is not there',
    'is the interface there, and has it that name?',
  ),
  // The group, by its beacons.
  'node-stale': kind(
    'discovery',
    'warning',
    'a node is missing: not heard any more, without a goodbye',
    'start it again, and let IP protocol 253 pass; if it is not to come back, forget it as the warning says, on the director',
  ),
  'node-failure': kind('discovery', 'warning', "a node's proxy has failed", 'run "proxyha doctor" on that node'),
  'cluster-key': kind(
    'discovery',
    'warning',
    '`cluster.key` is not set, or not the same on all nodes',
    'set the same cluster.key on all nodes',
  ),
  'key-rotation': kind(
    'discovery',
    'note',
    'a node sends with another of `cluster.keys`',
    'go on with the change of the key: when all nodes send with one, leave the other out, on all of them',
  ),
  'settings-differ': kind(
    'discovery',
    'warning',
    'a setting that must be the same on all nodes is not',
    'make the setting the same on all nodes, and restart those that were changed',
  ),
  'forwarding-differs': kind(
    'discovery',
    'warning',
    'the nodes do not forward in the same mode',
    'make the forwarding of all nodes the same; the log of the node in workers mode says at its start why',
  ),
  'director-without-beacons': kind(
    'discovery',
    'warning',
    'VRRP names a director whose beacons do not arrive',
    'is it a gateway of this group (not keepalived), with the same cluster.key and virtualRouterId, on the same subnet, and does no filter drop IP protocol 253 to 255.255.255.255?',
  ),
  'instance-order': kind(
    'discovery',
    'warning',
    "a node's first instance is another one of ours",
    'write the instances in the same order on all nodes: beacons are of the first one',
  ),
  'vrid-differs': kind(
    'discovery',
    'warning',
    'a node of this group has another VRID',
    'set the same virtualRouterId on all nodes of the group',
  ),
  'forged-beacons': kind(
    'discovery',
    'warning',
    "beacons with a node's address and a wrong HMAC, beside right ones",
    'find the host that sends IP protocol 253 with that source address, by its MAC (tcpdump -e); nothing of it is believed',
  ),
  'old-beacons': kind(
    'discovery',
    'warning',
    'beacons that were sent before, again',
    'nothing of them is believed; a virtual machine that was put back to a snapshot goes on by itself within two beacon intervals',
  ),
  'put-back': kind(
    'discovery',
    'note',
    'this node was heard with beacons that it has not sent',
    'where this is a virtual machine: was it put back to a snapshot? Else find who sends in its name, and set cluster.key on all nodes',
  ),
  'beacons-from-elsewhere': kind(
    'discovery',
    'warning',
    'beacons from outside the subnet, or by way of a router',
    'put all nodes of the group on one subnet, with the same prefix length; nothing of these beacons is believed',
  ),
  'not-heard-there': kind(
    'discovery',
    'warning',
    'a director says hello, but does not name this node',
    'let IP protocol 253 through from this node to that one (filters of both hosts, and between them)',
  ),
  'beacon-version': kind(
    'discovery',
    'warning',
    'beacons of another version',
    'run the same version of proxyha on all nodes',
  ),
  'too-many-nodes': kind(
    'discovery',
    'warning',
    'more than 64 nodes are heard',
    'make two groups of them, with a virtualRouterId and a key each',
  ),
  'sockets-closed': kind(
    'raw-ip',
    'warning',
    'the raw sockets are closed: no advert and no beacon comes or goes',
    'look at the interface; they are opened again by and by',
  ),
  'packets-not-sent': kind(
    'raw-ip',
    'warning',
    'the kernel refuses adverts or beacons',
    'look at the interface, and at filters for what leaves this host',
  ),
  flood: kind(
    'raw-ip',
    'warning',
    'more adverts or beacons arrive than are looked at',
    'find who sends them (tcpdump -e), and keep it from it',
  ),
  // Who gets clients.
  'nobody-serves': kind(
    'dispatcher',
    'failure',
    'no node can take connections',
    'start a proxy: "proxyha check -v" on each node says what it lacks',
  ),
  'all-draining': kind(
    'dispatcher',
    'warning',
    'all nodes that work are draining, and go on',
    'take one of them back: proxyha undrain NODE',
  ),
  'proxy-unreached': kind(
    'dispatcher',
    'warning',
    "a node's proxy listens, and does not answer this director",
    'let TCP from this node to the proxy ports of that one through',
  ),
  'no-room': kind(
    'dispatcher',
    'warning',
    'the connection table has no row for a node',
    'restart the gateway here: more nodes have come and gone than it has room for',
  ),
  'proxy-unanswering': kind(
    'forwarder',
    'warning',
    'three connects in a row to a node have failed',
    'let TCP from this node to the proxy ports of that one through',
  ),
  'listener-closed': kind(
    'forwarder',
    'warning',
    'a forwarder cannot listen',
    'find who listens on that port ("ss -ltnp"), and end or move it',
  ),
  'capture-refused': kind(
    'forwarder',
    'warning',
    'nftables cannot take a port from another program to the forwarders',
    null,
  ),
  'connections-limit': kind('forwarder', 'warning', '`limits.connections` is reached', null),
  'client-limit': kind(
    'forwarder',
    'warning',
    'a client has reached `limits.connectionsPerClient`',
    'where that client means it well, raise it',
  ),
  'files-exhausted': kind('forwarder', 'warning', 'the process has no file descriptors left', null),
  'ports-exhausted': kind('forwarder', 'warning', 'no ephemeral port is left towards a node', null),
  // Kernel mode.
  'no-kernel-mode': kind('gateway', 'warning', '`forwarding: auto` has chosen workers, as kernel mode cannot be', null),
  'rules-refused': kind(
    'fast-path',
    'warning',
    'the kernel refuses the rules of kernel mode',
    'see the log; it is tried again by and by',
  ),
  'rules-unreadable': kind(
    'fast-path',
    'warning',
    'the tables of kernel mode cannot be looked at',
    'see the log; it is tried again by and by',
  ),
  'pins-refused': kind(
    'fast-path',
    'warning',
    'clients cannot be pinned to where their connections are',
    'see the log; it is tried again by and by',
  ),
  'vip-not-on-lo': kind(
    'fast-path',
    'warning',
    'a virtual IP cannot be put on the loopback interface',
    'see what keeps addresses from the loopback interface of this host',
  ),
  'mac-differs': kind('fast-path', 'warning', "a node's MAC by its beacons is another one than by ARP", null),
  'clients-full': kind(
    'fast-path',
    'warning',
    'as many clients are remembered as `clients.tableSize` allows',
    'raise clients.tableSize on all nodes',
  ),
  // This host, and what runs beside the gateway.
  'ports-unreadable': kind(
    'port-monitor',
    'warning',
    'the listening ports of this host cannot be read',
    'see what keeps this process from the sockets of this host',
  ),
  'port-failed': kind(
    'port-monitor',
    'warning',
    'a port has failed, and other nodes serve it (`health.perPort`)',
    'start what listens there; "proxyha check -v" tells when it is right',
  ),
  'weak-program': kind(
    'port-monitor notifier',
    'warning',
    'a script that others may change, or that is not there',
    null,
  ),
  'notify-failed': kind(
    'notifier',
    'warning',
    'a program or URL of `notify` has failed',
    'run it by hand, as the user that the gateway runs as',
  ),
  'agent-failed': kind(
    'stats-reporter',
    'warning',
    'the agent of this node does not answer as it should',
    'ask it by hand, as the user that the gateway runs as',
  ),
  'load-unreadable': kind(
    'stats-reporter',
    'warning',
    'the load of this host cannot be read',
    'see what keeps this process from /proc',
  ),
  'reset-refused': kind(
    'stats-reporter',
    'warning',
    'what is open at a node in maintenance cannot be reset',
    'end what is open at the proxy itself',
  ),
  'inspector-port': kind(
    'inspector',
    'warning',
    'the inspector cannot listen on its TCP port',
    'find who listens there, or set inspector.listen',
  ),
  'actor-silent': kind(
    'inspector',
    'warning',
    'a part of the gateway does not answer',
    'see "proxyha actors", and the log',
  ),
} satisfies Readonly<Record<string, WarningKind>>

export type WarningCode = keyof typeof KINDS

export const WARNINGS: Readonly<Record<WarningCode, WarningKind>> = KINDS
