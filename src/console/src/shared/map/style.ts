import type { GeoJSONSourceSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { token } from './icons'

const EMPTY: GeoJSONSourceSpecification = { type: 'geojson', data: { type: 'FeatureCollection', features: [] } }
export const SOURCES = ['grids', 'labels', 'views', 'cameras', 'cases'] as const
export type SourceName = (typeof SOURCES)[number]

/** Fonts of this computer; without a glyph address the map draws letters by itself. */
const FONT = ['Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'sans-serif']

function gridLayers(): LayerSpecification[] {
  return [
    { id: 'bg', type: 'background', paint: { 'background-color': token('--bg') } },
    {
      id: 'grid-fill',
      type: 'fill',
      source: 'grids',
      paint: {
        'fill-color': [
          'interpolate',
          ['linear'],
          ['get', 'open'],
          0,
          token('--map-land'),
          6,
          token('--map-land-hot'),
        ],
      },
    },
    { id: 'grid-line', type: 'line', source: 'grids', paint: { 'line-color': token('--map-line'), 'line-width': 1.2 } },
    {
      id: 'grid-label',
      type: 'symbol',
      source: 'labels',
      layout: {
        'text-field': ['get', 'label'],
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

function caseLayers(): LayerSpecification[] {
  return [
    {
      id: 'case-ring',
      type: 'circle',
      source: 'cases',
      filter: ['any', ['get', 'selected'], ['get', 'fresh']],
      paint: {
        'circle-radius': ['case', ['get', 'selected'], 14, 9],
        'circle-color': token('--accent'),
        'circle-opacity': ['case', ['get', 'selected'], 0.3, 0.12],
        'circle-stroke-color': token('--text'),
        'circle-stroke-width': ['case', ['get', 'selected'], 2, 0.6],
      },
    },
    {
      id: 'cases',
      type: 'symbol',
      source: 'cases',
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
export function mapStyle(): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((name) => [name, EMPTY])),
    layers: [...gridLayers(), ...cameraLayers(), ...caseLayers()],
  }
}
