import { isIPv6 } from 'node:net'
import { SLOT_HASH_SEED } from '../../../runtime/table/client-key.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { CONNECTION } from './connection-key.ts'
import {
  CONNECTIONS,
  MARK_BEGUN,
  MARK_CONNECTION,
  MARK_DIVIDED,
  MARK_ENDING,
  MARK_NODE,
  PINS,
  REACHABLE,
  STAYING,
  TAKERS,
  TIED,
  TOLD,
  UNPINNED,
  UNRECORDED,
} from './forwarding-names.ts'
import type { Ruleset } from './ruleset-types.ts'

/**
 * A client's first packet after its SYN, which anybody can send with any source as well, pins it for so long; the second one, which
 * follows at once where there is a client, for the whole time. So a flood leaves the pins in seconds.
 */
const FIRST_PIN_TIMEOUT_S = 10
/** A connection of which there was no more than the SYN. */
const FIRST_CONNECTION_TIMEOUT_S = 10
/** A connection whose client has ended its half, without a packet. */
const ENDING_TIMEOUT_S = 60
/** RST in a second for what nobody serves; what is beyond is dropped. */
const REFUSALS_PER_S = 1000

/**
 * Where a segment from a client to an original port goes. A SYN goes by the client, any other segment by its connection:
 *
 *     spread -> (SYN) begin ->  tied to a node that takes new ones: tied -> record the connection
 *                           ->  its pin takes new ones: there          not pinned: its slot
 *                     apart ->  its pin does not, or it is divided: divide -> record the connection, pinned or slot
 *            -> its pin takes new ones, and it is not divided: keep    (what nearly all packets meet)
 *            -> known -> follow: a divided client, or a node that drains, has left, has failed: by connection, else by pin
 *            -> stray: nothing is known: by slot -> pin; a connection that was recorded while slots settled: begun
 *
 * A client is divided when it opens a connection elsewhere than where it is pinned: from then on each of its connections that begins is
 * recorded, and what is not recorded goes by the pin, which is where the client's older connections are. One that an operator has tied
 * to a node is divided by its first SYN.
 */
export function spreadingChains(
  n: 4 | 6,
  ip: 'ip' | 'ip6',
  ruleset: Ruleset,
): Readonly<Record<string, readonly string[]>> {
  const { mac, pinTimeoutS, tied = [], hearing = false, refusing = false, former, givingWay = false } = ruleset
  const settling = former?.some((mark) => mark !== 0) ?? false
  const unsettled = hearing || settling
  const hasTied = tied.some(({ client }) => isIPv6(client) === (n === 6))
  const connection = CONNECTION[n].lookup
  const client = `${ip} saddr`
  const to = (chain: string) => `goto ${chain}${n}`
  const byPin = `meta mark set ${client} map @${PINS[n]}`
  const byTie = `meta mark set ${client} map @${TIED[n]} ${sentTo(TAKERS)}`
  const byNodesWord = `meta mark set ${client} map @${STAYING[n]}`
  const byConnection = (names: typeof CONNECTIONS | typeof TOLD) =>
    `meta mark set ${connection} map @${names[n]} ${sentTo(REACHABLE)}`
  const bySlot = (slots: 'slots' | 'former') =>
    `meta mark set jhash ${client} mod ${SLOT_COUNT} seed ${SLOT_HASH_SEED} meta mark set meta mark map @${slots}`
  const pinned = (seconds: number) => `update @${PINS[n]} { ${client} timeout ${seconds}s : meta mark }`
  const pinnedAtFirst = pinned(Math.min(FIRST_PIN_TIMEOUT_S, pinTimeoutS))
  const recorded = (seconds: number) => `update @${CONNECTIONS[n]} { ${connection} timeout ${seconds}s : meta mark }`
  // A value that is there stays as it is when it is written again.
  const unpinned = `delete @${PINS[n]} { ${client} : meta mark }`
  const unrecorded = `delete @${CONNECTIONS[n]} { ${connection} : meta mark }`
  /** Pinned where it is, and divided from now on. */
  const divided = [
    `meta mark & ${MARK_DIVIDED} == 0 ${unpinned}`,
    `meta mark set meta mark | ${MARK_DIVIDED}`,
    pinned(pinTimeoutS),
  ]
  /**
   * The same for one whose connection that begins goes elsewhere than its pin. What is known by now of one that began while slots moved
   * counts at once: its next segment is of either connection, and must not take for settled what has been divided meanwhile.
   */
  const dividedAnew = unsettled
    ? divided
    : [
        `meta mark & ${MARK_DIVIDED | MARK_BEGUN} != ${MARK_DIVIDED} ${unpinned}`,
        `meta mark & ${MARK_BEGUN} != 0 ${byNodesWord}`,
        `meta mark set meta mark & ${MARK_NODE} | ${MARK_DIVIDED}`,
        pinned(pinTimeoutS),
      ]
  const reset = [
    `limit rate ${REFUSALS_PER_S}/second burst ${REFUSALS_PER_S} packets`,
    // The answer has it as its source: with a node's the switch would learn that the node is here.
    `ether daddr set ${mac}`,
    'reject with tcp reset',
  ].join(' ')
  return {
    refuse: refusing ? [reset, 'drop'] : ['drop'],
    reset: [reset, 'drop'],
    // A full table fails softly: the rule ends, and the next one follows.
    keep: [`${pinned(pinTimeoutS)} ${to('deliver')}`, to('deliver')],
    pin: [`${pinnedAtFirst} ${to('deliver')}`, `counter name "${UNPINNED}"`, to('deliver')],
    record: [
      `meta mark set meta mark & ${MARK_NODE} | ${MARK_CONNECTION}`,
      unrecorded,
      `${recorded(FIRST_CONNECTION_TIMEOUT_S)} ${to('deliver')}`,
      // No room: what follows would go by the pin, so this does, too.
      `counter name "${UNRECORDED}"`,
      `${byPin} ${sentTo(REACHABLE)} ${to('deliver')}`,
      to('deliver'),
    ],
    divide: [
      ...divided,
      `meta mark set meta mark & ${MARK_NODE} ${sentTo(TAKERS)} ${to('record')}`,
      `${bySlot('slots')} ${sentTo(TAKERS)} ${to('record')}`,
      to('refuse'),
    ],
    // Not pinned, since anybody can send a SYN with any source: a flood of them fills no table.
    first: [
      ...(settling && !hearing ? [`${bySlot('former')} ${to('moved')}`] : []),
      `${bySlot('slots')} ${sentTo(TAKERS)} ${to(hearing ? 'record' : 'deliver')}`,
      to('refuse'),
    ],
    // The rest of this client would go to the former owner.
    moved: [`${bySlot('slots')} ${sentTo(TAKERS)} ${to('record')}`, to('refuse')],
    apart: [
      `${sentTo(REACHABLE)} ${to('divide')}`,
      // Its node is dead. One that is divided has connections elsewhere: it is pinned anew, as divided.
      unpinned,
      `meta mark & ${MARK_DIVIDED} != 0 ${bySlot('slots')} meta mark set meta mark | ${MARK_DIVIDED} ${to('divide')}`,
      to('first'),
    ],
    // Its older connections go on by its pin, whatever its nodes have said of it.
    anew: [
      ...dividedAnew,
      `${byNodesWord} meta mark set meta mark & ${MARK_NODE} ${sentTo(TAKERS)} ${to('record')}`,
      `${bySlot('slots')} ${sentTo(TAKERS)} ${to('record')}`,
      to('refuse'),
    ],
    begin: [
      ...(hasTied ? [`${byTie} ${to('tied')}`, 'meta mark set 0'] : []),
      ...(givingWay
        ? [`${byPin} ${to('anew')}`]
        : [`${byPin} ${sentTo(TAKERS)} ${to('deliver')}`, `meta mark != 0 ${to('apart')}`]),
      `${byNodesWord} ${to('apart')}`,
      to('first'),
    ],
    // Each of its connections is recorded; its older ones go on by its pin, or its node's word. What is not known yet follows no pin.
    follow_tie: [`${byTie} ${to('record')}`],
    divide_tied: [...dividedAnew, to('follow_tie')],
    tied: [
      `${byPin} ${to('divide_tied')}`,
      `${byNodesWord} ${to('divide_tied')}`,
      `meta mark set meta mark | ${unsettled ? MARK_DIVIDED | MARK_BEGUN : MARK_DIVIDED}`,
      pinnedAtFirst,
      to('follow_tie'),
    ],
    ending: [
      `meta mark & ${MARK_ENDING} == 0 ${unrecorded}`,
      `meta mark set meta mark | ${MARK_ENDING}`,
      `${recorded(ENDING_TIMEOUT_S)} ${to('deliver')}`,
      to('deliver'),
    ],
    connection: [
      `tcp flags & fin != 0 ${to('ending')}`,
      `meta mark & ${MARK_ENDING} != 0 ${to('ending')}`,
      `${recorded(pinTimeoutS)} ${to('deliver')}`,
      to('deliver'),
    ],
    stray: [
      // Who stays where is not known to everybody: what has begun meanwhile goes where it began, what is older where it would have gone.
      ...(unsettled ? [`${byConnection(CONNECTIONS)} ${to('begun')}`] : []),
      ...(hearing ? ['drop'] : []),
      ...(settling ? [`${bySlot('former')} ${sentTo(REACHABLE)} ${to('pin')}`] : []),
      `${bySlot('slots')} ${sentTo('macs')} ${to('pin')}`,
      to('refuse'),
    ],
    // Pinned where it has begun; what is not recorded does not follow that pin for now.
    begun: [
      `meta mark set meta mark & ${MARK_NODE} | ${MARK_DIVIDED | MARK_BEGUN}`,
      pinnedAtFirst,
      `meta mark set ${connection} map @${CONNECTIONS[n]} ${to('connection')}`,
    ],
    // It has an older connection, which tells where it has been.
    unsettled: [
      `${byNodesWord} ${sentTo(REACHABLE)} ${to('older')}`,
      ...(hearing ? ['drop'] : []),
      ...(settling ? [`${bySlot('former')} ${sentTo(REACHABLE)} ${to('older')}`] : []),
      `${byPin} ${sentTo(REACHABLE)} ${to('deliver')}`,
      to('reset'),
    ],
    older: [unpinned, `${pinned(pinTimeoutS)} ${to('deliver')}`, to('deliver')],
    // All is known now: it is divided if its node says so, or is none that gets new connections; else it is pinned as anybody.
    settled: [
      unpinned,
      `${byNodesWord} ${to('follow')}`,
      `meta mark set meta mark & ${MARK_NODE} ${sentTo('macs')} ${to('keep')}`,
      `meta mark set meta mark | ${MARK_DIVIDED} ${to('follow')}`,
    ],
    known: [...(unsettled ? [] : [`meta mark & ${MARK_BEGUN} != 0 ${to('settled')}`]), to('follow')],
    follow: [
      pinned(pinTimeoutS),
      `${byConnection(CONNECTIONS)} ${to('connection')}`,
      `${byConnection(TOLD)} ${to('connection')}`,
      // Its node is dead: the client need not wait.
      `meta mark & ${MARK_CONNECTION} != 0 ${to('reset')}`,
      ...(unsettled ? [`meta mark & ${MARK_BEGUN} != 0 ${to('unsettled')}`] : []),
      `${sentTo(REACHABLE)} ${to('deliver')}`,
      `meta mark & ${MARK_DIVIDED} != 0 ${to('reset')}`,
      unpinned,
      to('stray'),
    ],
    // A reset makes and prolongs nothing.
    end: [
      `${byConnection(CONNECTIONS)} ${to('deliver')}`,
      `${byConnection(TOLD)} ${to('deliver')}`,
      `${byPin} ${sentTo(REACHABLE)} ${to('deliver')}`,
      `${byNodesWord} ${sentTo(REACHABLE)} ${to('deliver')}`,
      ...(settling ? [`${bySlot('former')} ${sentTo(REACHABLE)} ${to('deliver')}`] : []),
      `${bySlot('slots')} ${sentTo('macs')} ${to('deliver')}`,
      'drop',
    ],
    opening: [`tcp flags & rst == 0 ${to('begin')}`, to('end')],
    spread: [
      `tcp flags & (syn | rst) != 0 ${to('opening')}`,
      `${byPin} ${sentTo('macs')} ${to('keep')}`,
      `meta mark != 0 ${to('known')}`,
      `${byNodesWord} ${to('known')}`,
      to('stray'),
    ],
    /** Later fragments carry no ports: to the client's node, and to this host too. */
    fragment: [
      `${byPin} ${sentTo('macs')} ${to('copy')}`,
      // Whose connections are at several nodes: to all, as an error.
      `meta mark != 0 ${to('errors')}`,
      `${byNodesWord} ${to('errors')}`,
      `${bySlot('slots')} ${sentTo('macs')} ${to('copy')}`,
      'meta mark set 0',
    ],
  }
}

/** Gives the frame the MAC that the map has for the packet's mark; where it has none the rule ends. */
const sentTo = (map: string): string => `ether daddr set meta mark map @${map}`
