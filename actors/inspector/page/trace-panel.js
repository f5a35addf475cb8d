/** The part of the page that follows the messages between actors, while it is open. */
import { follow } from './gateway.js'
import { h } from './markup.js'
import { patch } from './patch.js'
import { Trace, traceView } from './trace.js'

const DRAWN_EVERY_MS = 250
const AGAIN_MS = 2000

/** @param {(id: string) => HTMLElement} at */
export function startTracePanel(at) {
  const part = /** @type {HTMLDetailsElement} */ (at('trace-part'))
  const actor = /** @type {HTMLSelectElement} */ (at('trace-actor'))
  const type = /** @type {HTMLInputElement} */ (at('trace-type'))
  const pause = at('trace-pause')
  const trace = new Trace()
  let following = new AbortController()

  const draw = () => {
    const names = ['', ...new Set([...trace.actors, actor.value].filter(Boolean))]
    const options = names.map((name) => h('option', { key: name, value: name }, name === '' ? 'all' : name))
    patch(actor, options)
    patch(at('trace'), traceView(trace, { actor: actor.value, type: type.value }))
  }

  /** Until the part is closed. @param {AbortSignal} signal */
  const run = async (signal) => {
    const drawing = setInterval(draw, DRAWN_EVERY_MS)
    while (!signal.aborted) {
      trace.restart()
      await follow('events?messages=1&last=1', signal, ({ data }) => trace.add(JSON.parse(data))).catch(() => undefined)
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
    clearInterval(drawing)
  }

  part.addEventListener('toggle', () => {
    following.abort()
    following = new AbortController()
    if (part.open) void run(following.signal)
  })
  pause.addEventListener('click', () => {
    trace.isPaused = !trace.isPaused
    pause.setAttribute('aria-pressed', String(trace.isPaused))
    pause.textContent = trace.isPaused ? 'Go on' : 'Pause'
    draw()
  })
  at('trace-filter').addEventListener('submit', (event) => event.preventDefault())
  at('trace-filter').addEventListener('input', draw)
}
