/**
 * An event of a stream of server-sent events.
 *
 * @typedef {object} StreamEvent
 * @property {string} type `message` where the stream does not say
 * @property {string | null} id
 * @property {string} data
 */

/** What may wait for the end of its event; a stream with longer ones is not ours. */
const UNFINISHED_CHARACTERS_MAX = 1_048_576

/** Cuts what comes in pieces into events (HTML Living Standard §9.2.6, without `retry`). EventSource cannot show a token. */
export class EventStreamReader {
  #rest = ''

  /**
   * @param {string} piece
   * @returns {readonly StreamEvent[]} those that are whole with it
   * @throws {RangeError} where an event does not end
   */
  read(piece) {
    const blocks = (this.#rest + piece).split(/\r?\n\r?\n/)
    this.#rest = blocks.pop() ?? ''
    if (this.#rest.length > UNFINISHED_CHARACTERS_MAX) throw new RangeError('an event without an end')
    return blocks.flatMap(eventOf)
  }
}

/** @param {string} block @returns {readonly StreamEvent[]} none for a comment */
function eventOf(block) {
  /** @type {{ type: string, id: string | null, data: string[] }} */
  const event = { type: 'message', id: null, data: [] }
  for (const line of block.split(/\r?\n/)) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') event.type = value
    else if (field === 'id') event.id = value
    else if (field === 'data') event.data.push(value)
  }
  return event.data.length === 0 ? [] : [{ ...event, data: event.data.join('\n') }]
}
