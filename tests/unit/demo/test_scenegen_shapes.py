"""Meshes are closed, sized in metres and stand on the ground."""

from collections import Counter

import numpy as np
import pytest

from yitong_command.demo.scenegen.covers import STATES, cover
from yitong_command.demo.scenegen.mesh import Part, box, ellipsoid, placed, smoothed, tube
from yitong_command.demo.scenegen.people import STEPS, step_at, walker
from yitong_command.demo.scenegen.vehicles import KINDS, vehicle


def edge_uses(mesh: Part) -> Counter[tuple[int, int]]:
    return Counter(
        (min(a, b), max(a, b))
        for face in mesh.faces
        for a, b in zip(face, (*face[1:], face[0]), strict=True)
    )


def volume(mesh: Part) -> float:
    """Signed volume: positive when all faces look outward."""
    total = 0.0
    for face in mesh.faces:
        corners = mesh.vertices[list(face)]
        for b, c in zip(corners[1:-1], corners[2:], strict=True):
            total += float(np.dot(corners[0], np.cross(b, c))) / 6
    return total


CLOSED = [
    pytest.param(box((1, 2, 3), (0.5, 1, 2), "x"), 8.0, id="box"),
    pytest.param(tube((0, 0, 1), (0, 3, 1), (1, 1), "x", sides=96), 3 * np.pi, id="tube"),
    pytest.param(ellipsoid((4, 0, 0), (1, 2, 1), "x", sides=64), 8 / 3 * np.pi, id="ellipsoid"),
]


@pytest.mark.parametrize(("mesh", "expected"), CLOSED)
def test_bodies_are_closed_and_look_outward(mesh: Part, expected: float) -> None:
    assert set(edge_uses(mesh).values()) == {2}
    assert volume(mesh) == pytest.approx(expected, rel=0.02)


def test_smoothing_keeps_a_body_closed_and_inside_its_cage() -> None:
    cage = box((0, 0, 0), (1, 1, 1), "x")
    round_one = smoothed(cage, 3)
    assert len(round_one.faces) == 6 * 4**3
    assert set(edge_uses(round_one).values()) == {2}
    assert np.abs(round_one.vertices).max() < 1
    assert 0 < volume(round_one) < volume(cage)


def test_smoothing_keeps_the_rim_of_an_open_sheet_in_its_plane() -> None:
    sheet = Part(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), ((0, 1, 2, 3),), ("x",))
    out = smoothed(sheet, 2)
    assert np.ptp(out.vertices[:, 2]) == 0
    assert len(out.faces) == 16


@pytest.mark.parametrize("kind", KINDS)
def test_vehicles_have_real_sizes_and_stand_on_the_road(kind: str) -> None:
    points = np.vstack([p.vertices for p in vehicle(kind, "white")])
    width, length, height = np.ptp(points, axis=0)
    large = kind in ("bus", "truck")
    assert (5.5 if large else 3.8) < length < (12 if large else 5.2)
    assert 1.6 < width < (3.0 if large else 2.3)
    assert 1.3 < height < 3.4
    assert points[:, 2].min() == pytest.approx(0, abs=0.02)
    assert abs(points[:, 0].mean()) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_vehicles_have_glass_wheels_and_lamps(kind: str) -> None:
    names = {name for p in vehicle(kind, "red") for name in p.materials}
    assert {"glass", "tyre", "lamp_front", "lamp_rear", "plate"} <= names


def test_an_unknown_vehicle_is_refused() -> None:
    with pytest.raises(ValueError, match="no vehicle"):
        vehicle("tank", "white")


def test_walkers_stride() -> None:
    poses = [np.vstack([p.vertices for p in walker(0, step)]) for step in range(STEPS)]
    assert all(1.6 < np.ptp(pose[:, 2]) < 1.95 for pose in poses)
    assert all(not np.array_equal(poses[0], pose) for pose in poses[1:])
    assert {step_at(i * 0.1) for i in range(40)} == set(range(STEPS))


@pytest.mark.parametrize("state", STATES)
def test_each_cover_state_has_a_pit_and_its_own_cover(state: str) -> None:
    parts = cover(state)
    assert any("pit_floor" in p.materials for p in parts)
    assert any("iron" in p.materials for p in parts) == (state != "missing")
    points = np.vstack([p.vertices for p in parts])
    assert points[:, 2].min() < -1
    assert points[:, 2].max() < 0.2


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="no cover state"):
        cover("melted")


def test_heading_is_a_compass() -> None:
    ahead = Part(np.array([[0.0, 1, 0]]), (), ())
    assert placed(ahead, (0, 0, 0), 90).vertices[0] == pytest.approx((1, 0, 0), abs=1e-9)
    assert placed(ahead, (5, 5, 0), 180).vertices[0] == pytest.approx((5, 4, 0), abs=1e-9)
