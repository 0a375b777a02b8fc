"""What fails together is one fault, whatever the order and however often it comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.camera import CameraState
from yitong_command.routing.outage import AGAIN, WINDOW, Fault, FaultKind, Seen, fold

START = datetime(2026, 11, 23, 0, 12, tzinfo=UTC)
GROUPS = {
    f"cam-{n}": {FaultKind.SWITCH: f"sw-{n // 6}", FaultKind.SITE: f"site-{n // 3}"}
    for n in range(12)
}


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@dataclass
class County:
    """Cameras whose states tests set, and the faults that come of it."""

    states: dict[str, Seen] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    told: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        for camera_id in GROUPS:
            self.set(camera_id, CameraState.LIVE, -100)

    def set(self, camera_id: str, state: CameraState, second: float) -> None:
        groups = GROUPS[camera_id]
        self.states[camera_id] = Seen(
            camera_id, state, at(second), state is not CameraState.LIVE, ("因", state.value), groups
        )

    def fold(self, second: float) -> None:
        recent = [f for f in self.faults.values()
                  if f.ended_at is None or f.ended_at > at(second) - 2 * AGAIN]  # fmt: skip
        for fault in fold(self.states.values(), recent, at(second)):
            self.faults[fault.fault_id] = fault
            self.told.append(fault)

    @property
    def open(self) -> list[Fault]:
        return [fault for fault in self.faults.values() if fault.open]


def test_a_switch_that_fails_is_one_outage_and_its_cameras_leave_it() -> None:
    county = County()
    for n in range(6):
        county.set(f"cam-{n}", CameraState.OFF, n * 2)
        county.fold(n * 2 + 0.5)
    [outage] = county.open
    assert (outage.kind, outage.name, outage.began_at) == (FaultKind.SWITCH, "sw-0", at(0))
    assert len(outage.cameras) == 6
    for n in range(5):
        county.set(f"cam-{n}", CameraState.LIVE, 100 + n)
    county.fold(110)
    [outage] = county.open
    assert outage.cameras == ("cam-5",)
    assert len(outage.recovered) == 5
    county.set("cam-5", CameraState.LIVE, 200)
    county.fold(201)
    assert county.open == []
    assert county.faults[outage.fault_id].ended_at == at(200)
    assert {fault.kind for fault in county.told} == {FaultKind.SWITCH}


def test_one_camera_is_a_fault_of_its_own_after_the_window() -> None:
    county = County()
    county.set("cam-1", CameraState.COVERED, 0)
    county.fold(14)
    assert county.told == []
    county.fold(16)
    [fault] = county.open
    assert (fault.kind, fault.name, fault.reason) == (FaultKind.CAMERA, "cam-1", ("因", "covered"))
    county.set("cam-1", CameraState.OFF, 20)
    county.fold(40)
    [same] = county.open
    assert (same.fault_id, same.state) == (fault.fault_id, CameraState.OFF)


def test_three_covered_cameras_of_a_switch_are_no_outage() -> None:
    county = County()
    for n in range(3):
        county.set(f"cam-{n}", CameraState.COVERED, 0)
    county.fold(20)
    assert sorted(fault.kind for fault in county.open) == [FaultKind.CAMERA] * 3


def test_a_fault_that_was_told_alone_joins_the_outage_it_was_part_of() -> None:
    county = County()
    county.set("cam-0", CameraState.OFF, 0)
    county.fold(20)
    [alone] = county.open
    for n in (1, 2, 3):  # heard late
        county.set(f"cam-{n}", CameraState.OFF, 5)
    county.fold(21)
    [outage] = county.open
    assert outage.cameras == ("cam-0", "cam-1", "cam-2", "cam-3")
    assert county.faults[alone.fault_id].folded_into == outage.fault_id


def test_a_worker_that_says_nothing_is_one_fault_before_any_switch() -> None:
    county = County()
    for n in range(12):
        groups = {**GROUPS[f"cam-{n}"], FaultKind.WORKER: "worker-1"}
        county.states[f"cam-{n}"] = Seen(f"cam-{n}", CameraState.OFF, at(n), True, ("", ""), groups)
    county.fold(70)
    [fault] = county.open
    assert (fault.kind, fault.name, len(fault.cameras)) == (FaultKind.WORKER, "worker-1", 12)


def test_a_camera_that_was_removed_leaves_its_fault() -> None:
    county = County()
    county.set("cam-1", CameraState.OFF, 0)
    county.fold(20)
    del county.states["cam-1"]
    county.fold(25)
    assert county.open == []


def test_flapping_is_one_fault_that_came_back() -> None:
    county = County()
    for second in range(0, 600, 60):
        county.set("cam-1", CameraState.OFF, second)
        county.fold(second + 20)
        county.set("cam-1", CameraState.LIVE, second + 30)
        county.fold(second + 40)
    assert len(county.faults) == 1
    [fault] = county.faults.values()
    assert fault.repeats == 9
    county.set("cam-1", CameraState.OFF, 600 + AGAIN.total_seconds())
    county.fold(620 + AGAIN.total_seconds())
    assert len(county.faults) == 2


saw: set[str] = set()
turns = st.lists(
    st.tuples(
        st.sampled_from([*GROUPS, "sw-0", "sw-1"]),
        st.sampled_from([CameraState.OFF, CameraState.LIVE, CameraState.LIVE, CameraState.COVERED]),
        st.integers(0, 40),
    ),
    max_size=25,
)


@given(turns)
def test_whatever_happens_the_open_faults_are_the_cameras_that_are_out(
    events: list[tuple[str, CameraState, int]],
) -> None:
    county, second = County(), 0.0
    for what, state, wait_s in events:
        second += wait_s
        cameras = [what] if what in GROUPS else [
            c for c, groups in GROUPS.items() if groups[FaultKind.SWITCH] == what
        ]  # fmt: skip
        for camera_id in cameras:
            if county.states[camera_id].state is not state:
                county.set(camera_id, state, second)
        county.fold(second + 0.5)
    county.fold(second + WINDOW.total_seconds() + 1)
    listed = [camera for fault in county.open for camera in fault.cameras]
    assert len(listed) == len(set(listed))
    assert set(listed) == {one.camera_id for one in county.states.values() if one.bad}
    again = len(county.told)
    county.fold(second + WINDOW.total_seconds() + 2)
    assert len(county.told) == again
    for fault in county.faults.values():
        saw.add(fault.kind.value + ("" if fault.open else " ended"))
        saw.update({"repeated"} if fault.repeats else set())
        saw.update({"folded"} if fault.folded_into else set())
        assert fault.ended_at is None or fault.ended_at >= fault.began_at
        assert not set(fault.cameras) & set(fault.recovered)
        if fault.kind is FaultKind.SWITCH:
            assert len(fault.cameras) + len(fault.recovered) >= 2


def test_the_property_saw_all_that_can_happen() -> None:
    assert saw >= {"switch", "switch ended", "camera", "camera ended", "repeated", "folded"}
