const WAIT_MS = 6000

/** The phone's position, once; null if it is refused, missing or slow. Never asked for anywhere else. */
export function positionOnce(): Promise<{ lon: number; lat: number } | null> {
  return new Promise((resolve) => {
    // The prompt itself may stay open for long; the button must not wait for it.
    const giveUp = setTimeout(() => { resolve(null) }, WAIT_MS)
    const done = (found: { lon: number; lat: number } | null) => {
      clearTimeout(giveUp)
      resolve(found)
    }
    if (!('geolocation' in navigator)) {
      done(null)
      return
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { done({ lon: coords.longitude, lat: coords.latitude }) },
      () => { done(null) },
      { enableHighAccuracy: true, timeout: WAIT_MS - 500, maximumAge: 30_000 },
    )
  })
}
