/**
 * What a view returns: a description of elements. Views are pure, `patch.js` makes the document follow.
 *
 * @typedef {object} Markup
 * @property {string} tag of HTML, or of SVG within `svg`
 * @property {Readonly<Record<string, Attribute>>} attributes `key` tells siblings apart; `style` holds custom properties only
 * @property {readonly (Markup | string)[]} children
 *
 * @typedef {string | number | boolean | null | undefined | Readonly<Record<string, string>>} Attribute
 * @typedef {Markup | string | number | false | null | undefined} Child
 */

/**
 * An element. Children that are false, null or undefined are left out.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, Attribute>>} [attributes]
 * @param {...(Child | readonly Child[])} children
 * @returns {Markup}
 */
export function h(tag, attributes = {}, ...children) {
  return { tag, attributes, children: children.flat().flatMap(childOf) }
}

/** @param {Child} child @returns {readonly (Markup | string)[]} */
function childOf(child) {
  if (child === false || child === null || child === undefined) return []
  return [typeof child === 'number' ? String(child) : child]
}

/**
 * All text of it, as a reader sees it.
 *
 * @param {Markup | string} markup
 * @returns {string}
 */
export const textOf = (markup) =>
  typeof markup === 'string' ? markup : markup.children.map(textOf).filter(Boolean).join(' ')
