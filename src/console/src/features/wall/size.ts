/**
 * How large letters must be on a wall.
 *
 * ISO 9241-303 asks for characters of at least 16 minutes of arc, 20 to 22 for comfort. Chinese
 * characters fill their line height's box, so the font size is taken as their height.
 */
const COMFORT_ARC_MIN = 20

/** Distance and screen of a usual duty room: six metres in front of a 98-inch screen. */
export const DISTANCE_M = 6
export const HEIGHT_M = 1.22

/**
 * Size of the smallest text, as a share of the screen's height (0.0286 for the usual room: 41 px of
 * 1440).
 *
 * @param distanceM From the eye to the screen, metres.
 * @param heightM Height of the picture, metres.
 */
export function textShare(distanceM = DISTANCE_M, heightM = HEIGHT_M): number {
  const arc = ((COMFORT_ARC_MIN / 60) * Math.PI) / 180
  return (2 * distanceM * Math.tan(arc / 2)) / heightM
}

/** A number from the address, if it is one that a room can have. */
export function room(value: unknown, least: number, most: number, usual: number): number {
  const asked = Number(value)
  return asked >= least && asked <= most ? asked : usual
}
