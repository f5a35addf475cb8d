/** The last minutes of all nodes, as the gateway tells them bit by bit. Pure. */

/**
 * @import { NodeHistory, TrafficHistory } from '../messages.ts'
 *
 * @typedef {'activeConnections' | 'connectionsPerS' | 'bytesPerS'} Figure
 */

/** 15 minutes. */
const POINTS_MAX = 900

/** @typedef {{ name: string, values: Record<Figure, (number | null)[]> }} Kept */

export class History {
  /** @type {string | null} */
  #epoch = null
  #fromMs = 0
  #stepMs = 1000
  #points = 0
  /** @type {Map<string, Kept>} by address */
  #nodes = new Map()

  /** What to ask for next: the end of what is known. Empty: all. */
  get query() {
    return this.#points === 0 ? '' : `?after=${encodeURIComponent(new Date(this.#endMs - this.#stepMs).toISOString())}`
  }

  /** The first moment after the last point. */
  get #endMs() {
    return this.#fromMs + this.#points * this.#stepMs
  }

  /** @param {TrafficHistory} part with points that may be known already, or of another start of the gateway */
  add(part) {
    const partFromMs = Date.parse(part.from)
    if (part.points === 0 || Number.isNaN(partFromMs)) return
    const offset = Math.round((partFromMs - this.#fromMs) / this.#stepMs)
    const isGoingOn =
      part.epoch === this.#epoch && part.stepMs === this.#stepMs && offset >= 0 && offset <= this.#points
    if (!isGoingOn) {
      const wasAskedForAll = this.#points === 0
      this.#begin(part, partFromMs)
      // What came is the end of another history: the next answer has all of it.
      if (!wasAskedForAll) return
    }
    const at = isGoingOn ? offset : 0
    for (const node of part.nodes) this.#write(node, at, part.points)
    this.#points = Math.max(this.#points, at + part.points)
    for (const { values } of this.#nodes.values()) {
      for (const series of Object.values(values)) while (series.length < this.#points) series.push(null)
    }
    this.#forgetOldest()
  }

  /** The points of time in seconds since 1970, and a series for each node. @param {Figure} figure */
  plotted(figure) {
    const times = Array.from({ length: this.#points }, (_, index) => (this.#fromMs + index * this.#stepMs) / 1000)
    const series = [...this.#nodes].map(([address, { name, values }]) => ({ address, name, values: values[figure] }))
    return { times, series }
  }

  /** @param {TrafficHistory} part @param {number} fromMs */
  #begin(part, fromMs) {
    this.#epoch = part.epoch
    this.#stepMs = part.stepMs
    this.#fromMs = fromMs
    this.#points = 0
    this.#nodes = new Map()
  }

  /** @param {NodeHistory} node @param {number} at @param {number} points */
  #write(node, at, points) {
    const kept = this.#nodes.get(node.address) ?? {
      name: node.name,
      values: { activeConnections: [], connectionsPerS: [], bytesPerS: [] },
    }
    kept.name = node.name
    this.#nodes.set(node.address, kept)
    const { activeConnections, connectionsPerS, bytesPerS } = kept.values
    for (const series of [activeConnections, connectionsPerS, bytesPerS]) while (series.length < at) series.push(null)
    for (let index = 0; index < points; index++) {
      activeConnections[at + index] = node.activeConnections[index] ?? null
      connectionsPerS[at + index] = node.connectionsPerS[index] ?? null
      bytesPerS[at + index] = bothWays(node.bytesInPerS[index] ?? null, node.bytesOutPerS[index] ?? null)
    }
  }

  #forgetOldest() {
    const surplus = this.#points - POINTS_MAX
    if (surplus <= 0) return
    for (const { values } of this.#nodes.values()) for (const series of Object.values(values)) series.splice(0, surplus)
    this.#points = POINTS_MAX
    this.#fromMs += surplus * this.#stepMs
  }
}

/** Where one way is not known, the other one. @param {number | null} one @param {number | null} other */
const bothWays = (one, other) => (one === null && other === null ? null : (one ?? 0) + (other ?? 0))
