export const MAX_BYTES = 500_000
const SIDES = [1600, 1280, 1024, 800]
const QUALITIES = [0.82, 0.7, 0.58]

export interface Drawn {
  toJpeg: (side: number, quality: number) => Promise<Blob>
}

/**
 * The largest of a few sizes that fits into {@link MAX_BYTES}; the smallest if none does.
 *
 * @param drawn Makes a JPEG with the given longest side (pixels) and quality.
 */
export async function fit(drawn: Drawn, limit = MAX_BYTES): Promise<Blob> {
  let smallest: Blob | null = null
  for (const side of SIDES) {
    for (const quality of QUALITIES) {
      const blob = await drawn.toJpeg(side, quality)
      if (blob.size < limit) return blob
      smallest = blob
    }
  }
  if (!smallest) throw new Error('no picture')
  return smallest
}

/** Turns a phone's photo into a small upright JPEG; position and device data are left out with the rest of its EXIF. */
export async function compress(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const canvas = document.createElement('canvas')
  const toJpeg = (side: number, quality: number) => {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height))
    canvas.width = Math.round(bitmap.width * scale)
    canvas.height = Math.round(bitmap.height * scale)
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    return new Promise<Blob>((resolve, reject) => {
      canvas.toBlob(
        (blob) => {
          if (blob) resolve(blob)
          else reject(new Error('no picture'))
        },
        'image/jpeg',
        quality,
      )
    })
  }
  try {
    return await fit({ toJpeg })
  } finally {
    bitmap.close()
  }
}
