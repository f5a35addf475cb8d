/** `09:41:07 UTC`: a log, a status and a colleague elsewhere have one clock. */
export const formatClock = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(11, 19)} UTC`

/** `2026-11-30 09:41:07`, UTC as well. */
export const formatMoment = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')

/** Since when something is: the time alone where that was today. */
export function formatSince(iso: string, wallMs: number): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return 'long ago'
  const isToday = new Date(at).toDateString() === new Date(wallMs).toDateString()
  return isToday ? formatClock(at) : `${formatMoment(at)} UTC`
}
