/** What the table and its rules call the same, by family where there are two. */

/** Clients that stay with their node: written by the packets themselves. */
export const PINS = { 4: 'pins4', 6: 'pins6' } as const
/** Clients that have to stay by their node's word. Apart from the pins, so that whoever fills those with packets takes no room from them. */
export const STAYING = { 4: 'staying4', 6: 'staying6' } as const
/** Counts packets of clients for which there was no room among the pins. */
export const UNPINNED = 'unpinned'
