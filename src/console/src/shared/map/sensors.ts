import type { SensorView } from '@/shared/api/sensors'

/** Sensors whose place this person may see. */
export function sensorPoints(sensors: SensorView[], name: (sensor: SensorView) => string): GeoJSON.FeatureCollection<GeoJSON.Point> {
  return {
    type: 'FeatureCollection',
    features: sensors.flatMap((sensor) =>
      sensor.place
        ? [
            {
              type: 'Feature' as const,
              geometry: { type: 'Point' as const, coordinates: [sensor.place.lon, sensor.place.lat] },
              properties: { id: sensor.sensor_id, name: name(sensor), icon: `sensor-${sensor.state}` },
            },
          ]
        : [],
    ),
  }
}
