import type { InspectionEvent } from '../actor-system/inspection/inspection.ts'
import { type Colour, type Paint, printable } from '../terminal/look.ts'

/** One line of what happened inside the gateway: when, in which actor, what. */
export function formatInternalEvent(event: InspectionEvent, paint: Paint): string {
  const actor = printable(event.actor).padEnd(14)
  return `${new Date(event.wallMs).toISOString()}  ${actor}  ${paint(printable(describeEvent(event)), colourOf(event))}`
}

function describeEvent(event: InspectionEvent): string {
  switch (event.type) {
    case 'spawned':
      return event.incarnation === 0 ? 'started' : `started again (incarnation ${event.incarnation})`
    case 'stopped':
      return 'stopped'
    case 'crashed':
      return `crashed: ${event.reason}`
    case 'restarting':
      return `restarts in ${event.delayMs} ms (incarnation ${event.incarnation})`
    case 'escalated':
      return `gave up: ${event.reason}`
    case 'stalled':
      return `gave no sign of life for ${Math.round(event.silentMs)} ms`
    case 'state':
      return `${event.from} -> ${event.to} (${event.cause})`
    case 'happened':
      return `${event.node ?? event.address ?? 'this node'} ${event.what}`
    case 'log':
      return `${event.level}: ${event.line}`
    case 'deadLetter':
      return `${event.count ?? 1} x ${event.message} to ${event.to} lost: ${event.reason}`
    case 'message':
      return `got ${event.message} from ${event.from}, ${event.bytes} bytes, waited ${event.waitedMs.toFixed(1)} ms`
    default:
      return event satisfies never
  }
}

function colourOf(event: InspectionEvent): Colour | undefined {
  if (event.type === 'crashed' || event.type === 'escalated' || event.type === 'stalled') return 'red'
  if (event.type === 'log') return event.level === 'error' ? 'red' : event.level === 'warn' ? 'yellow' : undefined
  if (event.type === 'state') return 'bold'
  return event.type === 'deadLetter' || event.type === 'restarting' ? 'yellow' : undefined
}
