/** Plots as SVG files without a dependency. All lengths are pixels. */

/** Of every plot. */
export const width = 1000

/** What is compared, in light and in dark surroundings: colours that differ for the colour-blind, too. */
const colours = {
  proxyha: ['#0969da', '#58a6ff'],
  'proxyha-kernel': ['#1a7f37', '#3fb950'],
  keepalived: ['#bc4c00', '#f0883e'],
  reference: ['#bc4c00', '#f0883e'],
  event: ['#8c959f', '#9198a1'],
} as const
const paint = (surroundings: 0 | 1) =>
  Object.entries(colours)
    .map(([kind, { [surroundings]: colour }]) => `.${kind}{fill:${colour}}.line.${kind}{fill:none;stroke:${colour}}\n`)
    .join('')
const style = `text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.head{font-size:16px;font-weight:600}
.small{font-size:11px;fill:#57606a}.grid{stroke:#d0d7de}.mark{stroke:#57606a;stroke-dasharray:2 2}.back{fill:#fff}
.dot{fill-opacity:.45}.event{fill-opacity:.18}line.line{stroke-width:2}polyline{stroke-width:1.4}
${paint(0)}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#30363d}.mark{stroke:#9198a1}
.back{fill:#0d1117}${paint(1)}}`

/** The file, legible on white and on black alike. */
export const drawPlot = (title: string, heading: string, subtitle: string, height: number, parts: readonly string[]) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<style>${style}</style><rect class="back" width="${width}" height="${height}"/>`,
    text(0, 20, 'head', heading),
    text(0, 38, 'small', subtitle),
    ...parts,
    '</svg>',
    '',
  ].join('\n')

/** `anchor`: which of its ends, or its middle, is at `x`. */
export function text(x: number, y: number, kind: string, content: string, anchor = 'start'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}"${anchored}>${escaped}</text>`
}

export const line = (kind: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`

/** A line downwards with a label below it. */
export const column = (x: number, top: number, bottom: number, label: string): string =>
  `${line('grid', x, top, x, bottom)}${text(x, bottom + 16, 'small', label, 'middle')}`

/** A line to the right with a label before it. */
export const row = (y: number, left: number, right: number, label: string, kind = 'grid'): string =>
  `${line(kind, left, y, right, y)}${text(left - 8, y + 4, 'small', label, 'end')}`

export const dot = (kind: string, x: number, y: number, radius: number): string =>
  `<circle class="${kind}" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>`

export const round = (value: number): number => Math.round(value * 10) / 10
