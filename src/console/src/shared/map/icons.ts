import type { Map as MapLibreMap } from 'maplibre-gl'
import type { SensorState } from '@/shared/api/sensors'
import type { CameraStateName } from '@/shared/api/types'

const SIZE = 48
const RATIO = 2

type Draw = (context: CanvasRenderingContext2D) => void

function drawn(draw: Draw, width: number, height: number): ImageData | null {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) return null
  draw(context)
  return context.getImageData(0, 0, width, height)
}

function polygon(context: CanvasRenderingContext2D, points: [number, number][]): void {
  context.beginPath()
  points.forEach(([x, y], index) => {
    if (index === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  })
  context.closePath()
}

const PIN = { width: 48, height: 60 }
const OUTLINES: Record<number, [number, number][]> = {
  1: [[16, 3], [32, 3], [44, 15], [44, 29], [32, 41], [16, 41], [4, 29], [4, 15]],
  2: [[24, 1], [46, 41], [2, 41]],
  3: [[6, 4], [42, 4], [42, 40], [6, 40]],
}

/** A sign on a short stem: it stands beside the camera of its place instead of on top of it. */
function severityIcon(severity: number, colour: string, ink: string, edge: string): Draw {
  return (context) => {
    context.lineWidth = 3
    context.strokeStyle = edge
    context.fillStyle = colour
    polygon(context, [[19, 40], [29, 40], [24, 58]])
    context.fill()
    context.stroke()
    const outline = OUTLINES[severity]
    if (outline) polygon(context, outline)
    else {
      context.beginPath()
      context.arc(24, 22, 19, 0, Math.PI * 2)
    }
    context.fill()
    context.stroke()
    context.fillStyle = ink
    context.font = '700 24px sans-serif'
    context.textAlign = 'center'
    context.fillText(String(severity), 24, severity === 2 ? 37 : 31)
  }
}

/** A camera body; anything but live also carries a mark, so that colour is not the only sign. */
function cameraIcon(colour: string, edge: string, state: CameraStateName): Draw {
  return (context) => {
    context.lineWidth = 3
    context.strokeStyle = edge
    context.fillStyle = colour
    context.beginPath()
    context.roundRect(8, 15, 24, 18, 4)
    context.fill()
    context.stroke()
    polygon(context, [[33, 21], [42, 16], [42, 32], [33, 27]])
    context.fill()
    context.stroke()
    if (state === 'live') return
    context.strokeStyle = edge
    context.lineWidth = 4
    context.beginPath()
    if (state === 'off') {
      context.moveTo(14, 18)
      context.lineTo(26, 30)
      context.moveTo(26, 18)
      context.lineTo(14, 30)
    } else {
      context.moveTo(20, 18)
      context.lineTo(20, 25)
      context.moveTo(20, 28.5)
      context.lineTo(20, 30.5)
    }
    context.stroke()
  }
}

/** A drop in a diamond; anything but normal also carries a mark. */
function sensorIcon(colour: string, edge: string, state: SensorState): Draw {
  return (context) => {
    context.lineWidth = 3
    context.strokeStyle = edge
    context.fillStyle = colour
    polygon(context, [[24, 8], [40, 24], [24, 40], [8, 24]])
    context.fill()
    context.stroke()
    context.fillStyle = edge
    context.font = '700 20px sans-serif'
    context.textAlign = 'center'
    const mark = { alarm: '!', doubtful: '?', silent: '–', waiting: '…', normal: '' }[state]
    if (mark) context.fillText(mark, 24, 31)
  }
}

const SENSOR_COLOURS: Record<SensorState, string> = {
  normal: '--ok',
  alarm: '--sev-1',
  doubtful: '--warn',
  silent: '--bad',
  waiting: '--text-3',
}

const CAMERA_COLOURS: Record<CameraStateName, string> = {
  live: '--ok',
  connecting: '--text-3',
  late: '--warn',
  frozen: '--warn',
  covered: '--warn',
  not_judged: '--accent',
  off: '--bad',
}

/** Value of a colour token in the present theme. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** Draws all icons in the present theme's colours and gives them to the map. */
export function putIcons(map: MapLibreMap): void {
  const put = (name: string, draw: Draw, width = SIZE, height = SIZE) => {
    const image = drawn(draw, width, height)
    if (!image) return
    if (map.hasImage(name)) map.removeImage(name)
    map.addImage(name, image, { pixelRatio: RATIO })
  }
  for (const severity of [1, 2, 3, 4]) {
    const colour = token(`--sev-${String(severity)}`)
    const draw = severityIcon(severity, colour, token('--sev-ink'), token('--surface'))
    put(`case-${String(severity)}`, draw, PIN.width, PIN.height)
  }
  for (const [state, colour] of Object.entries(CAMERA_COLOURS)) {
    put(`camera-${state}`, cameraIcon(token(colour), token('--surface'), state as CameraStateName))
  }
  for (const [state, colour] of Object.entries(SENSOR_COLOURS)) {
    put(`sensor-${state}`, sensorIcon(token(colour), token('--surface'), state as SensorState))
  }
}
