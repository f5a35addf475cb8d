/** @import { Attribute, Markup } from './markup.js' */

const SVG = 'http://www.w3.org/2000/svg'
const KEY = Symbol('key')
/** Marks that move, reorder or hide what stands beside them: names come from other hosts. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** @param {string} text */
export const legible = (text) => text.replaceAll(UNSEEN, '?')

/**
 * Makes the children of an element those that are described, and touches only what differs: focus, selection and what a screen reader
 * has read stay. All that others say becomes text, never markup.
 *
 * @param {Element} parent
 * @param {readonly (Markup | string)[]} children
 */
export function patch(parent, children) {
  /** @type {Map<unknown, Element>} */
  const keyed = new Map()
  for (const child of parent.children) {
    const key = keyOf(child)
    if (key !== undefined) keyed.set(key, child)
  }
  /** @type {ChildNode | null} */
  let at = parent.firstChild
  for (const child of children) {
    const node = typeof child === 'string' ? textNode(at, child) : elementNode(parent, at, child, keyed)
    if (node === at) at = at.nextSibling
    else parent.insertBefore(node, at)
  }
  while (at !== null) {
    const next = at.nextSibling
    at.remove()
    at = next
  }
}

/** @param {ChildNode | null} at @param {string} wanted @returns {ChildNode} */
function textNode(at, wanted) {
  const text = legible(wanted)
  if (!(at instanceof Text)) return document.createTextNode(text)
  if (at.data !== text) at.data = text
  return at
}

/** @param {Element} parent @param {ChildNode | null} at @param {Markup} markup @param {Map<unknown, Element>} keyed @returns {ChildNode} */
function elementNode(parent, at, markup, keyed) {
  const { tag, attributes, children } = markup
  const { key } = attributes
  const found = key === undefined ? (at instanceof Element && keyOf(at) === undefined ? at : undefined) : keyed.get(key)
  const element = found?.localName === tag ? found : create(parent, tag, key)
  for (const [name, value] of Object.entries(attributes)) if (name !== 'key') setAttribute(element, name, value)
  for (const { name } of [...element.attributes]) {
    if (!(name in attributes) && !isKept(element, name)) element.removeAttribute(name)
  }
  patch(element, children)
  return element
}

/** @param {Element} parent @param {string} tag @param {Attribute} key */
function create(parent, tag, key) {
  const isSvg = tag === 'svg' || parent.namespaceURI === SVG
  const element = isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag)
  if (key !== undefined) Object.assign(element, { [KEY]: key })
  return element
}

/** @param {Element} element @returns {unknown} */
const keyOf = (element) => /** @type {Record<symbol, unknown>} */ (/** @type {unknown} */ (element))[KEY]

/** Whether readers set it: a part that they have opened stays open. @param {Element} element @param {string} name */
const isKept = (element, name) => name === 'style' || (name === 'open' && element.localName === 'details')

/** @param {Element} element @param {string} name @param {Attribute} value */
function setAttribute(element, name, value) {
  if (name === 'style') {
    const { style } = /** @type {HTMLElement} */ (element)
    for (const [property, setting] of Object.entries(value ?? {})) style.setProperty(property, setting)
    return
  }
  if (value === false || value === null || value === undefined) {
    element.removeAttribute(name)
    return
  }
  const text = value === true ? '' : legible(String(value))
  if (element.getAttribute(name) !== text) element.setAttribute(name, text)
}
