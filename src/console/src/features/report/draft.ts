export interface Spot {
  lon: number
  lat: number
  /** A phone tells WGS-84; the map is in CGCS2000. */
  crs: 'WGS84' | 'CGCS2000'
}

export interface Draft {
  id: string
  category: string
  text: string
  address: string
  phone: string
  photo: Blob | null
  takenAt: Date | null
  spot: Spot | null
  /** Place code of the QR code that was read. */
  code: string
}

/** A random id; the same report sent again has the same one. Plain HTTP has no `randomUUID`. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export function emptyDraft(code = ''): Draft {
  return { id: randomId(), category: '', text: '', address: '', phone: '', photo: null, takenAt: null, spot: null, code }
}

/** What still has to be filled in, as a key of the texts; null if it can be sent. */
export function missing(draft: Draft): 'what' | 'where' | null {
  if (!draft.category && !draft.text.trim()) return 'what'
  return draft.spot || draft.code || draft.address.trim() ? null : 'where'
}

export function toForm(draft: Draft, worker: boolean): FormData {
  const form = new FormData()
  const put = (name: string, value: string) => {
    if (value) form.set(name, value)
  }
  put('draft_id', draft.id)
  put('category', draft.category)
  put('text', draft.text.trim())
  put('address', draft.address.trim())
  if (draft.spot) {
    put('lon', draft.spot.lon.toFixed(6))
    put('lat', draft.spot.lat.toFixed(6))
    put('crs', draft.spot.crs)
  }
  if (worker) put('seen_at', draft.takenAt?.toISOString() ?? '')
  else {
    put('spot', draft.code)
    put('phone', draft.phone.trim())
  }
  if (draft.photo) form.set('photo', draft.photo, 'photo.jpg')
  return form
}
