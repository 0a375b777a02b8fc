import { onBeforeUnmount, ref } from 'vue'
import { compress } from '@/shared/lib/compress'

/** One photo of a form: taken, made small, shown, and dated. */
export function usePhoto() {
  const photo = ref<Blob | null>(null)
  const preview = ref<string | null>(null)
  const bad = ref(false)
  let takenAt: Date | null = null

  function show(blob: Blob | null): void {
    if (preview.value) URL.revokeObjectURL(preview.value)
    photo.value = blob
    preview.value = blob ? URL.createObjectURL(blob) : null
  }

  async function use(file: Blob, at: Date): Promise<void> {
    bad.value = false
    try {
      show(await compress(file))
      takenAt = at
    } catch {
      show(null)
      bad.value = true
    }
  }

  async function pick(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement
    const file = input.files?.[0]
    input.value = ''
    if (file) await use(file, new Date(file.lastModified))
  }

  onBeforeUnmount(() => { show(null) })

  return { photo, preview, bad, pick, use, takenAt: () => takenAt?.toISOString() }
}
