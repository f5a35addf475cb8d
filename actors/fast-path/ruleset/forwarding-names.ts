/** What the table and its rules call the same, by family where there are two. */

/** Clients that stay with their node: written by the packets themselves. */
export const PINS = { 4: 'pins4', 6: 'pins6' } as const
/** Clients whose SYNs go to a certain node, by an operator's order. */
export const TIED = { 4: 'tied4', 6: 'tied6' } as const
/** Clients that have to stay by their node's word. Apart from the pins, so that whoever fills those with packets takes no room from them. */
export const STAYING = { 4: 'staying4', 6: 'staying6' } as const
/** Connections that are not where their client is pinned, or whose client is not pinned: written by their SYN, made last by what follows. */
export const CONNECTIONS = { 4: 'connections4', 6: 'connections6' } as const
/** The same by the nodes' word, of connections that began under another director. */
export const TOLD = { 4: 'told4', 6: 'told6' } as const
/** Counts packets of clients for which there was no room among the pins. */
export const UNPINNED = 'unpinned'
/** Counts SYNs of divided clients for which there was no room among the connections. */
export const UNRECORDED = 'unrecorded'
/** Counts what this host has got from clients, as a node. */
export const RECEIVED = 'received'
/** Counts what it has sent to them. */
export const SENT = 'sent'
/** Counts the connections that it has answered: of what it has sent the SYNs. */
export const ANSWERED = 'answered'
/** Counts the SYNs that it has refused, since no proxy listens; in the table of the host's own rules. */
export const REFUSED = 'refused'
/** What of these the next process goes on with. */
export const OWN_COUNTERS = [RECEIVED, SENT, ANSWERED] as const
/** The nodes that get SYNs, with what each got. */
export const TAKERS = 'takers'
/** Every mark of the nodes that get segments of their connections. */
export const REACHABLE = 'reachable'

/** A mark is a node's number, with what is known of its client or connection: a packet's scratch register, and a value of the maps. */
export const MARK_NODE = 0x0ff
/** Of a pin: the client may have connections at other nodes as well. */
export const MARK_DIVIDED = 0x100
/** Of a connection. */
export const MARK_CONNECTION = 0x200
/** Of a connection whose client has ended its half. */
export const MARK_ENDING = 0x400
/** Of a pin: the client has begun to connect while not all was known of who stays where; what is not recorded may be elsewhere. */
export const MARK_BEGUN = 0x800
