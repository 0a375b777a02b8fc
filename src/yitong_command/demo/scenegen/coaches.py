"""Bus and lorry: long boxes with a window band."""

import numpy as np

from yitong_command.demo.scenegen.bodywork import closed_ring, wheels
from yitong_command.demo.scenegen.mesh import Part, Points, box, ellipsoid, loft, merged, smoothed


def _coach_rings(length: float, width: float, height: float, low: float) -> Points:
    w, top, belt = width / 2, height, low + 0.85
    ys = [-length / 2, -length / 2 + 0.12, *np.linspace(-length / 2 + 0.5, length / 2 - 0.9, 17)]
    ys += [length / 2 - 0.25, length / 2 - 0.03]
    rings = []
    for i, y in enumerate(ys):
        inset = 0.93 if i in (0, len(ys) - 1) else 1.0
        v, z0 = w * inset, low + (0.12 if inset < 1 else 0)
        half = [
            (0, y, z0),
            (0.9 * v, y, z0),
            (v, y, z0 + 0.1),
            (v, y, belt - 0.1),
            (v, y, belt),
            (0.985 * v, y, top - 0.55),
            (0.93 * v, y, top - 0.06 * (2 - inset)),
            (0, y, top - 0.3 * (1 - inset)),
        ]
        rings.append(closed_ring(half))
    return np.stack(rings)


def _coach_skin(paint: str, gap: int, gaps: int) -> list[str]:
    pillar = gap % 4 == 3 and gap < gaps - 3
    band = paint if gap < 2 or pillar else "glass"
    half = ["trim", "trim", paint, paint, band, paint, paint]
    return [*half, *half[::-1]]


def bus(paint: str) -> tuple[Part, ...]:
    """A city bus in the given paint material."""
    length, width, height = 10.4, 2.5, 3.05
    rings = _coach_rings(length, width, height, 0.34)
    gaps = len(rings) - 1
    skin = smoothed(loft(rings, [_coach_skin(paint, gap, gaps) for gap in range(gaps)], paint), 1)
    end = length / 2
    fit = [
        box((0, end - 0.035, 1.95), (1.06, 0.03, 0.62), "glass"),
        box((0, end - 0.035, 2.74), (0.9, 0.03, 0.13), "sign"),
        box((0, -end + 0.035, 2.1), (0.95, 0.03, 0.42), "glass"),
        box((0, end - 0.03, 0.62), (0.22, 0.03, 0.07), "plate"),
        box((0, 0, height + 0.06), (0.7, 1.6, 0.1), paint),
    ]
    for side in (-1.0, 1.0):
        fit.append(ellipsoid((side * 0.84, end - 0.11, 0.82), (0.2, 0.08, 0.11), "lamp_front"))
        fit.append(ellipsoid((side * 1.02, -end + 0.05, 1.0), (0.1, 0.06, 0.2), "lamp_rear"))
        fit.append(box((side * 1.33, end - 0.3, 2.1), (0.12, 0.05, 0.2), "trim"))
        fit.append(box((side * 1.252, 0, 0.78), (0.004, 4.9, 0.12), "stripe"))
    return (skin, merged(wheels((end - 2.3, -end + 2.6), width / 2 - 0.005, 0.48)), merged(fit))


def truck(paint: str) -> tuple[Part, ...]:
    """A small lorry with a box in the given paint material."""
    cab = smoothed(
        loft(_coach_rings(1.75, 2.0, 2.2, 0.5), [_coach_skin(paint, 9, 20)] * 20, paint), 1
    )
    cab = Part(cab.vertices + np.array([0, 2.05, 0]), cab.faces, cab.materials, smooth=True)
    fit = [
        box((0, -0.95, 1.75), (1.08, 2.05, 0.95), "cargo"),
        box((0, -0.6, 0.66), (0.5, 2.4, 0.1), "trim"),
        box((0, 2.9, 1.68), (0.84, 0.04, 0.36), "glass"),
        box((0, 2.93, 0.72), (0.9, 0.05, 0.12), "trim"),
        box((0, 2.97, 0.72), (0.22, 0.02, 0.07), "plate"),
    ]
    for side in (-1.0, 1.0):
        fit.append(ellipsoid((side * 0.72, 2.9, 0.95), (0.16, 0.08, 0.1), "lamp_front"))
        fit.append(box((side * 0.9, -2.98, 0.85), (0.12, 0.03, 0.09), "lamp_rear"))
    return (cab, merged(wheels((2.1, -1.8), 0.98, 0.4)), merged(fit))
