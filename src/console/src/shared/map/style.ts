import type { ExpressionSpecification, GeoJSONSourceSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { token } from './icons'

const EMPTY: GeoJSONSourceSpecification = { type: 'geojson', data: { type: 'FeatureCollection', features: [] } }
/** Cases near each other are one sign until one looks closely; `rank` is that of the most severe. */
const CLUSTERED: GeoJSONSourceSpecification = {
  ...EMPTY,
  cluster: true,
  clusterRadius: 44,
  clusterMaxZoom: 14,
  clusterProperties: { rank: ['max', ['get', 'rank']], n: ['+', ['get', 'n']] },
}
export const SOURCES = ['grids', 'labels', 'views', 'cameras', 'sensors', 'cases', 'chosen'] as const
export type SourceName = (typeof SOURCES)[number]

/** Fonts of this computer; without a glyph address the map draws letters by itself. */
const FONT = ['Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'sans-serif']

export type Colour = 'load' | 'lamp'

/** Grids by how much is open in them against the fullest one, or by the worst of it. */
export function gridColour(colour: Colour): ExpressionSpecification {
  if (colour === 'load') return ['interpolate', ['linear'], ['get', 'share'], 0, token('--map-land'), 1, token('--map-land-hot')]
  const soft = (severity: number) => token(`--sev-${String(severity)}-soft`)
  return ['match', ['get', 'worst'], 1, soft(1), 2, soft(2), 3, soft(3), 4, soft(4), token('--map-land')]
}

function gridLayers(colour: Colour): LayerSpecification[] {
  return [
    { id: 'bg', type: 'background', paint: { 'background-color': token('--bg') } },
    {
      id: 'grid-fill',
      type: 'fill',
      source: 'grids',
      paint: {
        'fill-color': gridColour(colour),
      },
    },
    { id: 'grid-line', type: 'line', source: 'grids', paint: { 'line-color': token('--map-line'), 'line-width': 1.2 } },
    {
      id: 'grid-label',
      type: 'symbol',
      source: 'labels',
      layout: {
        'text-field': ['format', ['get', 'label'], {}, ['get', 'duty'], { 'font-scale': 0.9 }],
        'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['zoom'], 12, 11, 15, 14],
        'text-allow-overlap': false,
        'text-padding': 4,
      },
      paint: {
        'text-color': token('--text-2'),
        'text-halo-color': token('--map-land'),
        'text-halo-width': 1.5,
      },
    },
  ]
}

function cameraLayers(): LayerSpecification[] {
  return [
    {
      id: 'views',
      type: 'fill',
      source: 'views',
      minzoom: 13,
      paint: { 'fill-color': token('--accent'), 'fill-opacity': ['case', ['get', 'off'], 0.05, 0.16] },
    },
    {
      id: 'cameras',
      type: 'symbol',
      source: 'cameras',
      layout: {
        'icon-image': ['get', 'icon'],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 12, 0.85, 15, 1.15],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
      },
    },
    {
      id: 'camera-label',
      type: 'symbol',
      source: 'cameras',
      minzoom: 14.2,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 11,
        'text-anchor': 'top',
        'text-offset': [0, 1.1],
        'text-optional': true,
      },
      paint: {
        'text-color': token('--text'),
        'text-halo-color': token('--map-land'),
        'text-halo-width': 1.5,
      },
    },
  ]
}

function sensorLayers(): LayerSpecification[] {
  return [
    {
      id: 'sensors',
      type: 'symbol',
      source: 'sensors',
      layout: { 'icon-image': ['get', 'icon'], 'icon-size': 0.85, 'icon-allow-overlap': true, 'icon-ignore-placement': true },
    },
  ]
}

function clusterLayers(): LayerSpecification[] {
  const colour = ['match', ['get', 'rank'], 4, token('--sev-1'), 3, token('--sev-2'), 2, token('--sev-3'), token('--sev-4')]
  return [
    {
      id: 'clusters',
      type: 'circle',
      source: 'cases',
      filter: ['has', 'point_count'],
      paint: {
        'circle-color': colour as ExpressionSpecification,
        'circle-radius': ['interpolate', ['linear'], ['get', 'n'], 2, 15, 50, 22, 1000, 32],
        'circle-stroke-color': token('--surface'),
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'cluster-count',
      type: 'symbol',
      source: 'cases',
      filter: ['has', 'point_count'],
      layout: {
        'text-field': ['to-string', ['get', 'n']],
        'text-font': FONT,
        'text-size': 14,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': token('--sev-ink') },
    },
  ]
}

function caseLayers(source: 'cases' | 'chosen'): LayerSpecification[] {
  const name = (layer: string) => (source === 'cases' ? layer : `chosen-${layer}`)
  return [
    {
      id: name('case-ring'),
      type: 'circle',
      source,
      filter: ['all', ['!', ['has', 'point_count']], ['any', ['get', 'selected'], ['get', 'fresh']]],
      paint: {
        'circle-radius': ['case', ['get', 'selected'], 14, 9],
        'circle-color': token('--accent'),
        'circle-opacity': ['case', ['get', 'selected'], 0.3, 0.12],
        'circle-stroke-color': token('--text'),
        'circle-stroke-width': ['case', ['get', 'selected'], 2, 0.6],
      },
    },
    {
      id: name('cases'),
      type: 'symbol',
      source,
      filter: ['!', ['has', 'point_count']],
      layout: {
        'icon-image': ['get', 'icon'],
        'icon-size': ['case', ['get', 'selected'], 1.25, 0.9],
        'icon-anchor': 'bottom',
        'icon-offset': [0, -4],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'symbol-sort-key': ['get', 'rank'],
        'text-field': ['get', 'count'],
        'text-font': FONT,
        'text-size': 13,
        'text-anchor': 'left',
        'text-offset': [0.9, -1.9],
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: {
        'text-color': token('--text'),
        'text-halo-color': token('--bg'),
        'text-halo-width': 1.5,
      },
    },
  ]
}

/** The whole map in the present theme: no tiles, no glyph files, nothing from the network. */
export function mapStyle(colour: Colour = 'load'): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((name) => [name, name === 'cases' ? CLUSTERED : EMPTY])),
    layers: [
      ...gridLayers(colour), ...cameraLayers(), ...sensorLayers(), ...clusterLayers(), ...caseLayers('cases'),
      ...caseLayers('chosen'),
    ],
  }
}

/** Which layers belong to what one can show or hide. */
export const LAYERS = {
  cases: ['clusters', 'cluster-count', 'cases', 'case-ring'],
  cameras: ['cameras', 'camera-label', 'views'],
  sensors: ['sensors'],
} as const
export type LayerGroup = keyof typeof LAYERS
