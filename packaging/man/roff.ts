/** Just enough of man(7). */

/** Text as it is, whatever it begins with: backslashes, hyphens that can be copied, and lines that would be requests. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join('\n')
}

/** What all pages of one making have in common. */
export interface Edition {
  /** Of proxyha. */
  readonly version: string
  /** `2026-11-30`. */
  readonly date: string
}

/** `section`: 1..8. */
export const title = (name: string, section: number, { version, date }: Edition): string =>
  `.TH ${escaped(name.toUpperCase())} ${section} ${date} "proxyha ${escaped(version)}"`

const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '\\(dq')}"`

/** A paragraph begins with its heading already. */
const headed = (request: string, name: string, parts: readonly string[]): string =>
  `${request} ${quoted(name)}\n${parts.join('\n').replace(/^\.PP\n/, '')}`

export const section = (name: string, ...parts: readonly string[]): string => headed('.SH', name, parts)
export const subsection = (name: string, ...parts: readonly string[]): string => headed('.SS', name, parts)
/** A term in bold, and what it means. */
export const item = (term: string, meaning: string): string => `.TP\n.B ${quoted(term)}\n${escaped(meaning)}`
export const paragraph = (text: string): string => `.PP\n${escaped(text)}`
/** As it stands: an example. */
export const verbatim = (lines: readonly string[]): string => `.PP\n.RS 4\n.nf\n${escaped(lines.join('\n'))}\n.fi\n.RE`

/** A text for terminals: what is indented is left as it stands, all else is filled. */
export function prose(text: string): string {
  const blocks: { isVerbatim: boolean; lines: string[] }[] = []
  let isApart = true
  for (const line of text.split('\n')) {
    const isVerbatim = line.startsWith('  ')
    const last = blocks.at(-1)
    if (line.trim() === '') isApart = true
    else if (last === undefined || isApart || last.isVerbatim !== isVerbatim) blocks.push({ isVerbatim, lines: [line] })
    else last.lines.push(line)
    if (line.trim() !== '') isApart = false
  }
  return blocks
    .map(({ isVerbatim, lines }) =>
      isVerbatim ? verbatim(lines.map((line) => line.replace(/^ {2}/, ''))) : paragraph(lines.join('\n')),
    )
    .join('\n')
}

export const page = (...parts: readonly string[]): string => `${parts.join('\n')}\n`
