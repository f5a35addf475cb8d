/** Connections and throughput of each node over the last minutes, as plots with one cursor. */
import { short, shortWithUnit } from './format.js'
import { hueOf } from './knowledge.js'
import uPlot from './uplot.js'

/** @import { Figure, History } from './history.js' */

/**
 * @typedef {object} Mark what a plot has a line for
 * @property {number} atMs
 * @property {string} words
 *
 * @typedef {object} Plot
 * @property {Figure} figure
 * @property {HTMLElement} frame
 * @property {uPlot} chart
 */

/** @type {readonly { figure: Figure, title: string, unit: string }[]} */
const FIGURES = [
  { figure: 'activeConnections', title: 'Open connections', unit: '' },
  { figure: 'connectionsPerS', title: 'New connections per second', unit: '' },
  { figure: 'bytesPerS', title: 'Throughput, both ways', unit: 'B/s' },
]
const SPAN_S = 900
/** A gateway that has just started has less to show. */
const LEAST_S = 120
/** Between the words of two marks, in pixels: what is too near has a line alone. */
const WORDS_APART_PX = 90
const HEIGHT_PX = 170
const FONT = '12px system-ui, sans-serif'

export class Plots {
  #container
  /** @type {Plot[]} */
  #plots = []
  #drawnFor = ''
  /** @type {readonly Mark[]} */
  #marks = []

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container
    new ResizeObserver(() => this.#fit()).observe(container)
    // Canvases do not follow the colours of the page by themselves.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#drawnFor = ''
    })
  }

  /** @param {History} history @param {readonly { readonly address: string }[]} nodes whose order gives the colours @param {readonly Mark[]} marks */
  update(history, nodes, marks) {
    this.#marks = marks
    const { series } = history.plotted('activeConnections')
    const drawnFor = series.map(({ address, name }) => `${address} ${name} ${hueOf(nodes, address)}`).join()
    if (drawnFor !== this.#drawnFor) this.#build(series, nodes)
    this.#drawnFor = drawnFor
    for (const { figure, frame, chart } of this.#plots) {
      const { times, series: lines } = history.plotted(figure)
      chart.setData([times, ...lines.map(({ values }) => values)], true)
      if (chart.cursor.idx === null || chart.cursor.idx === undefined) chart.setLegend({ idx: times.length - 1 })
      const last = lines.map(({ name, values }) => `${name} ${short(values.at(-1))}`).join(', ')
      frame.querySelector('.canvas')?.setAttribute('aria-label', `Now: ${last}`)
    }
  }

  /** @param {readonly { address: string, name: string }[]} series @param {readonly { readonly address: string }[]} nodes */
  #build(series, nodes) {
    for (const { chart } of this.#plots) chart.destroy()
    const colour = coloursOf(this.#container)
    this.#plots = FIGURES.map(({ figure, title, unit }) => {
      const frame = document.createElement('figure')
      const caption = document.createElement('figcaption')
      const canvas = document.createElement('div')
      caption.textContent = title
      canvas.className = 'canvas'
      canvas.setAttribute('role', 'img')
      frame.append(caption, canvas)
      const lines = series.map(({ address, name }) => ({
        label: name,
        stroke: colour(`--hue-${hueOf(nodes, address)}`),
        width: 1.5,
        points: { show: false },
        value: (/** @type {uPlot} */ _chart, /** @type {number | null} */ value) => shortWithUnit(value, unit).trim(),
      }))
      const options = optionsOf(lines, colour, unit, () => this.#marks)
      const chart = new uPlot({ ...options, width: 300, height: HEIGHT_PX }, [[], ...lines.map(() => [])], canvas)
      return { figure, frame, chart }
    })
    this.#container.replaceChildren(...this.#plots.map(({ frame }) => frame))
    this.#fit()
  }

  #fit() {
    for (const { frame, chart } of this.#plots) {
      const width = Math.floor(frame.clientWidth)
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT_PX })
    }
  }
}

/** @param {HTMLElement} element @returns {(name: string) => string} */
function coloursOf(element) {
  const style = getComputedStyle(element)
  return (name) => style.getPropertyValue(name).trim()
}

/**
 * @param {readonly uPlot.Series[]} lines
 * @param {(name: string) => string} colour
 * @param {string} unit
 * @param {() => readonly Mark[]} marks
 * @returns {Omit<uPlot.Options, 'width' | 'height'>}
 */
function optionsOf(lines, colour, unit, marks) {
  const grid = { stroke: colour('--line'), width: 1 }
  const axis = { stroke: colour('--dim'), font: FONT, grid, ticks: { show: false } }
  return {
    series: [
      { value: (_chart, at) => (at === null ? '–' : new Date(at * 1000).toLocaleTimeString('en-GB')) },
      ...lines,
    ],
    legend: { live: true },
    cursor: { sync: { key: 'group' }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { range: (_chart, first, last) => [Math.max(last - SPAN_S, Math.min(first, last - LEAST_S)), last] },
      y: { range: (_chart, _low, high) => [0, Math.max(4, high * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_chart, ticks) => ticks.map((at) => new Date(at * 1000).toTimeString().slice(0, 5)),
      },
      { ...axis, size: 56, values: (_chart, ticks) => ticks.map((value) => shortWithUnit(value, unit).trim()) },
    ],
    hooks: { draw: [(chart) => drawMarks(chart, marks(), colour('--dim'))] },
  }
}

/** @param {uPlot} chart @param {readonly Mark[]} marks @param {string} colour */
function drawMarks({ ctx, bbox, scales, valToPos }, marks, colour) {
  const { min = 0, max = 0 } = scales.x ?? {}
  ctx.save()
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`
  ctx.setLineDash([4, 4])
  ctx.textAlign = 'right'
  let writtenX = Number.POSITIVE_INFINITY
  // The last one is the one that counts.
  for (const { atMs, words } of marks.toSorted((one, other) => other.atMs - one.atMs)) {
    const at = atMs / 1000
    if (at < (min ?? 0) || at > (max ?? 0)) continue
    const x = valToPos(at, 'x', true)
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const apart = WORDS_APART_PX * devicePixelRatio
    if (writtenX - x < apart || x - bbox.left < apart) continue
    writtenX = x
    ctx.fillText(words, x - 4, bbox.top + 12 * devicePixelRatio)
  }
  ctx.restore()
}
