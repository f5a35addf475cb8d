/** Where the names of dots go, so that they cover neither each other nor dots. */

/** A dot with its name; all lengths are pixels. */
export interface NamedDot {
  readonly x: number
  readonly y: number
  readonly name: string
}

/** The middle of the name's base line. */
export interface LabelPlace {
  readonly x: number
  readonly y: number
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Of the font that the names are in, on average. */
const CHARACTER_WIDTH = 6.6
const ASCENT = 12
const DESCENT = 4
export const DOT_RADIUS = 5

/** Below, above, right or left of each dot, the first that is free; below where none is. */
export function placeLabels(dots: readonly NamedDot[]): readonly LabelPlace[] {
  const taken = dots.map(({ x, y }): Box => boxAround(x, y + DOT_RADIUS, 2 * DOT_RADIUS, 2 * DOT_RADIUS, 0))
  return dots.map((dot) => {
    const places = placesOf(dot)
    const free = places.find((place) => !taken.some((box) => overlap(box, boxOf(dot.name, place))))
    const place = free ?? places[0]!
    taken.push(boxOf(dot.name, place))
    return place
  })
}

function placesOf({ x, y, name }: NamedDot): readonly LabelPlace[] {
  const aside = DOT_RADIUS + 4 + (name.length * CHARACTER_WIDTH) / 2
  const level = y + ASCENT / 2 - 2
  return [
    { x, y: y + DOT_RADIUS + ASCENT + 3 },
    { x, y: y - DOT_RADIUS - DESCENT - 1 },
    { x: x + aside, y: level },
    { x: x - aside, y: level },
  ]
}

const boxOf = (name: string, { x, y }: LabelPlace): Box =>
  boxAround(x, y, name.length * CHARACTER_WIDTH, ASCENT, DESCENT)

const boxAround = (x: number, y: number, width: number, above: number, below: number): Box => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - above,
  bottom: y + below,
})

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
