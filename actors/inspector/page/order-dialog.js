/** Asks before an order is given, gives it, and shows what becomes of it. */
import { order } from './gateway.js'
import { h } from './markup.js'
import { progressOf } from './orders.js'
import { patch } from './patch.js'

/** @import { Asked } from './orders.js' */
/** @import { Knowledge } from './knowledge.js' */

/** @typedef {'asking' | 'ordering' | 'taken' | 'refused'} Stage */

export class OrderDialog {
  #dialog
  /** @type {Asked | null} */
  #asked = null
  /** @type {Stage} */
  #stage = 'asking'
  /** @type {unknown} */
  #answer = null
  #reason = ''
  #onTaken

  /** @param {HTMLDialogElement} dialog @param {() => void} onTaken an order was taken: what is shown changes soon */
  constructor(dialog, onTaken) {
    this.#dialog = dialog
    this.#onTaken = onTaken
    dialog.addEventListener('close', () => {
      this.#asked = null
    })
    dialog.addEventListener('click', ({ target }) => {
      const answer = target instanceof HTMLElement ? target.dataset.answer : undefined
      if (answer === 'no') dialog.close()
      if (answer === 'yes') void this.#give()
    })
  }

  /** @param {Asked} asked @param {Knowledge} knowledge */
  open(asked, knowledge) {
    this.#asked = asked
    this.#stage = 'asking'
    this.update(knowledge)
    this.#dialog.showModal()
  }

  /** Shows how far it is by now. @param {Knowledge} knowledge */
  update(knowledge) {
    const asked = this.#asked
    if (asked === null) return
    const isAsking = this.#stage === 'asking'
    const progress = this.#stage === 'taken' ? progressOf(asked, knowledge, this.#answer) : null
    const words = {
      asking: asked.text,
      ordering: 'The gateway is being told.',
      refused: `Refused: ${this.#reason}`,
      taken: progress?.text ?? '',
    }[this.#stage]
    const content = h(
      'div',
      {},
      h('h2', { id: 'order-title' }, isAsking ? asked.title : asked.title.replace('?', '')),
      h('p', { role: 'status', class: this.#stage === 'refused' ? 'failure' : '' }, words),
      progress !== null && !progress.isDone && h('progress', { 'aria-label': 'under way' }),
      h(
        'div',
        { class: 'orders' },
        h('button', { type: 'button', 'data-answer': 'no', autofocus: true }, isAsking ? 'Cancel' : 'Close'),
        isAsking && h('button', { type: 'button', 'data-answer': 'yes', class: 'primary' }, asked.verb),
      ),
    )
    patch(this.#dialog, [content])
  }

  async #give() {
    const asked = this.#asked
    if (asked === null || this.#stage !== 'asking') return
    this.#stage = 'ordering'
    try {
      this.#answer = await order(asked.path)
      this.#stage = 'taken'
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error)
      this.#stage = 'refused'
    }
    this.#onTaken()
  }
}
