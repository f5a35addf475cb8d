import type { NotifyEvent } from '../../config/gateway-config.ts'
import type { InstanceStateMessage, NodeChangedMessage, Notice } from './messages.ts'

/** Of this node, as notices name it. */
export interface NotifierIdentity {
  readonly name: string
  /** Management IP. */
  readonly address: string
  /** Of the first instance, as it is configured. */
  readonly priority: number
}

const EVENT_OF_STATE = { MASTER: 'director', BACKUP: 'backup', FAULT: 'fault' } as const
const STATE_OF_EVENT = { nodeFailed: 'FAILED', nodeReturned: 'RETURNED', drained: 'DRAINED' } as const

export type InstanceState = InstanceStateMessage['state']

/**
 * The notice of a change of role; undefined where there is nothing to tell. A director that is stopped is one no more, and whoever has
 * started something for it ends it: that is `backup`, as where it gives way to another.
 */
export function roleNotice(
  { instance, state, priority, reason }: InstanceStateMessage,
  previous: InstanceState,
  { name, address }: NotifierIdentity,
  at: string,
): Notice | undefined {
  if (state === previous || (state === 'INIT' && previous !== 'MASTER')) return undefined
  const becomes = state === 'INIT' ? 'BACKUP' : state
  const event: NotifyEvent = EVENT_OF_STATE[becomes]
  const why = state === 'INIT' ? 'its gateway stops' : reason
  return { event, at, from: name, instance, state: becomes, previous, priority, node: name, address, reason: why }
}

export function nodeNotice(
  { event, name, address, priority, reason }: NodeChangedMessage,
  { name: from }: NotifierIdentity,
  at: string,
): Notice {
  const state = STATE_OF_EVENT[event]
  return { event, at, from, instance: null, state, previous: null, priority, node: name, address, reason }
}

export function refusalNotice(
  problems: readonly string[],
  { name, address, priority }: NotifierIdentity,
  at: string,
): Notice {
  const told = {
    event: 'configurationRefused',
    at,
    from: name,
    instance: null,
    state: 'REFUSED',
    previous: null,
  } as const
  return { ...told, priority, node: name, address, reason: problems.slice(0, PROBLEMS_TOLD).join('; ') }
}

/** Of a configuration that was refused. */
const PROBLEMS_TOLD = 10

/** What a program is called with behind its own arguments: for a change of role as by keepalived. */
export const argumentsOf = ({ instance, node, state, priority }: Notice): readonly string[] =>
  instance === null ? ['NODE', node, state, `${priority}`] : ['INSTANCE', instance, state, `${priority}`]
