import { computed, ref, type Ref } from 'vue'
import type { ZoneEdit } from '@/shared/api/types'
import { keyOf } from './draft'
import { clamp, corner as tidy, type Corner, inserted, moved, shifted } from './polygon'
import type { ZoneEditor } from './useZoneEditor'

const STEP = 0.004
const BIG_STEP = 0.02
const ARROWS: Record<string, Corner> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const NEAR = 0.01

interface Drag {
  /** The corner, or null for the whole zone. */
  index: number | null
  from: Corner
  before: ZoneEdit[]
  zone: ZoneEdit
}

/** Drawing and moving corners with mouse, finger and keys. */
export function useCanvas(editor: ZoneEditor, readonly: Ref<boolean>) {
  const root = ref<HTMLElement | null>(null)
  /** Where the next corner would be: under the mouse, or where the arrow keys took it. */
  const cursor = ref<Corner>([0.5, 0.5])
  const drag = ref<Drag | null>(null)
  const drawn = computed(() => editor.drawing.value)
  const active = computed(() => (drawn.value ? null : editor.zone.value))
  const canClose = computed(() => (drawn.value?.length ?? 0) >= 3)

  function at(event: PointerEvent | MouseEvent): Corner {
    const box = root.value?.getBoundingClientRect()
    if (!box) return [0, 0]
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)]
  }

  function place(where: Corner): void {
    if (!drawn.value) return
    editor.drawing.value = [...drawn.value, tidy(where[0], where[1])]
  }

  function close(): void {
    if (drawn.value && canClose.value) editor.add(drawn.value)
  }

  /** The two presses of a double click left two corners in one place. */
  function closeHere(): void {
    const [last, before] = [drawn.value?.at(-1), drawn.value?.at(-2)]
    if (!drawn.value || !last || !before) return
    const near = Math.hypot(last[0] - before[0], last[1] - before[1]) < NEAR
    editor.drawing.value = near ? drawn.value.slice(0, -1) : drawn.value
    close()
  }

  function press(event: PointerEvent): void {
    root.value?.focus({ preventScroll: true })
    if (drawn.value) {
      if (event.button === 0) place(at(event))
      return
    }
    editor.select(null)
  }

  function grab(event: PointerEvent, zone: ZoneEdit, index: number | null): void {
    if (drawn.value || event.button !== 0) return
    event.stopPropagation()
    if (keyOf(zone) !== editor.selected.value) editor.select(zone)
    editor.corner.value = index
    if (readonly.value) return
    drag.value = { index, from: at(event), before: editor.zones.value, zone }
    root.value?.setPointerCapture(event.pointerId)
  }

  function grabMiddle(event: PointerEvent, zone: ZoneEdit, index: number): void {
    if (readonly.value || event.button !== 0) return
    event.stopPropagation()
    const next = { ...zone, polygon: inserted(zone.polygon, index) }
    editor.change(next)
    grab(event, next, index + 1)
  }

  function move(event: PointerEvent): void {
    cursor.value = at(event)
    const held = drag.value
    if (!held) return
    const [x, y] = cursor.value
    const polygon =
      held.index === null
        ? shifted(held.zone.polygon, x - held.from[0], y - held.from[1])
        : moved(held.zone.polygon, held.index, [x, y])
    editor.steps.show(editor.withZone(keyOf(held.zone), { ...held.zone, polygon }))
  }

  function drop(): void {
    if (drag.value) editor.steps.settle(drag.value.before)
    drag.value = null
  }

  function nudge(by: Corner, size: number): void {
    const zone = active.value
    if (drawn.value) {
      cursor.value = [clamp(cursor.value[0] + by[0] * size), clamp(cursor.value[1] + by[1] * size)]
    } else if (zone && !readonly.value) {
      const index = editor.corner.value
      const held = index === null ? null : zone.polygon[index]
      const polygon =
        index !== null && held
          ? moved(zone.polygon, index, [held[0] + by[0] * size, held[1] + by[1] * size])
          : shifted(zone.polygon, by[0] * size, by[1] * size)
      editor.change({ ...zone, polygon })
    }
  }

  /** The next or the last corner gets the focus; from the ends it goes on to the rest of the page. */
  function step(event: KeyboardEvent): void {
    const zone = active.value
    if (!zone) return
    const next = (editor.corner.value ?? -1) + (event.shiftKey ? -1 : 1)
    if (next < 0 || next >= zone.polygon.length) return
    event.preventDefault()
    editor.corner.value = next
  }

  function whileDrawing(event: KeyboardEvent): boolean {
    if (event.key === 'Enter' && canClose.value && !event.shiftKey) close()
    else if (event.key === ' ' || event.key === 'Enter') place(cursor.value)
    else if (event.key === 'Backspace') editor.drawing.value = drawn.value?.slice(0, -1) ?? null
    else if (event.key === 'Escape') editor.drawing.value = null
    else return false
    return true
  }

  function leave(): void {
    if (editor.corner.value === null) editor.select(null)
    else editor.corner.value = null
  }

  function whileEditing(event: KeyboardEvent): boolean {
    if (event.key === 'Escape') leave()
    else if (readonly.value || !active.value) return false
    else if (event.key === 'Delete' || event.key === 'Backspace') editor.removeCorner()
    else if (event.key === 'Insert' || event.key === '+') editor.addCorner()
    else return false
    return true
  }

  function key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const arrow = ARROWS[event.key]
    if (event.key === 'Tab') step(event)
    else if (arrow) nudge(arrow, event.shiftKey ? BIG_STEP : STEP)
    else if (!(drawn.value ? whileDrawing(event) : whileEditing(event))) return
    if (event.key !== 'Tab') event.preventDefault()
  }

  return { root, cursor, drawn, active, canClose, press, grab, grabMiddle, move, drop, key, close, closeHere }
}
