/** The icon of the tab: a colour and a shape for each verdict. It is made here, so that it changes also when the gateway is gone. */

/** @import { Judged } from './verdict.js' */

/** @type {Readonly<Record<Judged['level'], string>>} */
const DRAWINGS = {
  ok: '<circle cx="16" cy="16" r="14" fill="#1a7f37"/><path d="M9 17l5 5 9-11" fill="none" stroke="#fff" stroke-width="4"/>',
  warning: '<path d="M16 2L31 29H1z" fill="#d9a000"/><path d="M16 11v9M16 23v3" stroke="#222" stroke-width="4"/>',
  failure:
    '<rect x="2" y="2" width="28" height="28" rx="4" fill="#cf222e"/><path d="M10 10l12 12M22 10L10 22" stroke="#fff" stroke-width="4"/>',
  unknown: '<circle cx="16" cy="16" r="13" fill="none" stroke="#767c85" stroke-width="5" stroke-dasharray="7 5"/>',
}

/** @param {Judged['level']} level @returns {string} a `data:` URL */
export const iconOf = (level) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${DRAWINGS[level]}</svg>`)}`
