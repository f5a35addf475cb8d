/** Characters that move a cursor, end a line, or reorder or hide what stands beside them (bidi marks, Unicode TR 36 §2.1). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text of one line that says to a reader what it says to a program: names come from other hosts. */
export const legible = (text: string): string => text.replaceAll(UNSEEN, '?')

/** JSON with the same meaning that can be shown on a terminal: those characters are escaped. */
export const legibleJson = (json: string): string =>
  json.replaceAll(UNSEEN, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
