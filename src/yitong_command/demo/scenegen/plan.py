"""What a scene holds: everything that the renderer and the ground truth need, as plain values."""

from dataclasses import dataclass
from typing import Literal

from yitong_command.demo.scenegen.camera import Camera
from yitong_command.demo.scenegen.mesh import Part, Vector, place_points
from yitong_command.demo.scenegen.motion import Drive, Pose, Walk, drive_pose, walk_pose
from yitong_command.demo.scenegen.people import step_at, walker
from yitong_command.demo.scenegen.vehicles import vehicle

Weather = Literal["dry", "rain", "snow"]
Light = Literal["noon", "low", "dusk", "night"]
LABELS = {"bus": "bus", "truck": "truck", "person": "person"}
"""COCO label by kind; every other kind is a car."""


@dataclass(frozen=True)
class Mover:
    """A vehicle or a walker.

    Attributes:
        mover_id: Unique in the scene.
        kind: A kind of vehicle, or ``person``.
        look: Colour of a vehicle, number of the coat of a walker.
        path: Its way.
        until_s: When it leaves the scene.
    """

    mover_id: str
    kind: str
    look: str
    path: Drive | Walk
    until_s: float

    @property
    def label(self) -> str:
        """COCO label."""
        return LABELS.get(self.kind, "car")


@dataclass(frozen=True)
class Static:
    """A vehicle that stands legally all the time."""

    static_id: str
    kind: str
    look: str
    at: Vector
    heading_deg: float


@dataclass(frozen=True)
class Cover:
    """A manhole cover.

    Attributes:
        cover_id: Unique in the scene.
        at: Its middle, metres.
        states: ``(from second, state)``, the first at 0.
        turn_deg: How it lies.
        look: Its wear: which piece is broken out, how far it was pushed aside.
    """

    cover_id: str
    at: tuple[float, float]
    states: tuple[tuple[float, str], ...] = ((0.0, "ok"),)
    turn_deg: float = 20.0
    look: int = 0


@dataclass(frozen=True)
class Plan:
    """A scene.

    Attributes:
        name: Kind of scene.
        seed: It decides everything that is drawn by lot.
        weather: Ground, sky and what falls.
        light: Time of day.
        camera: The view.
        fps: Frames per second.
        length_s: Whole seconds.
        zone: No-parking area, four ground points, metres.
        statics: Vehicles that stand legally.
        movers: Vehicles and walkers.
        covers: Manhole covers.
        quiet: ``[from, to)`` whole seconds without an event, or None.
        after: What loops after the event, or None.
        bays: From and to of the marked parking bays along the left kerb, metres.
        crossing_y: Where the zebra crossing begins.
        every: One frame of so many is rendered, and always the one on a whole second; between
            them a lone mover's picture is moved.
    """

    name: str
    seed: int
    weather: Weather
    light: Light
    camera: Camera
    fps: int
    length_s: int
    zone: tuple[tuple[float, float], ...]
    statics: tuple[Static, ...]
    movers: tuple[Mover, ...]
    covers: tuple[Cover, ...]
    quiet: tuple[int, int] | None
    after: tuple[int, int] | None
    bays: tuple[float, float] = (2.0, 34.0)
    crossing_y: float = 36.0
    every: int = 3

    @property
    def frame_count(self) -> int:
        """Frames of the whole clip."""
        return self.fps * self.length_s

    @property
    def beams(self) -> bool:
        """Whether vehicles have their head lamps on."""
        return self.light in ("dusk", "night")


@dataclass(frozen=True)
class Seen:
    """A mover at one moment."""

    mover: Mover
    pose: Pose

    @property
    def model(self) -> str:
        """Name of its meshes, as ``kind/look`` or ``person/look/step``."""
        if self.mover.kind == "person":
            return f"person/{self.mover.look}/{step_at(self.pose.travelled_m)}"
        return f"{self.mover.kind}/{self.mover.look}"


def model_parts(model: str) -> tuple[Part, ...]:
    """Meshes by the name that ``Seen.model`` gives."""
    kind, look, *step = model.split("/")
    return walker(int(look), int(step[0])) if step else vehicle(kind, look)


def model_points(model: str, at: Vector, heading_deg: float) -> list[Part]:
    """Meshes of a model standing in the world."""
    return [
        Part(place_points(p.vertices, at, heading_deg), p.faces, p.materials, p.smooth)
        for p in model_parts(model)
    ]


def present(plan: Plan, t: float) -> list[Seen]:
    """Movers that are in the scene at time ``t`` seconds."""
    seen = []
    for mover in plan.movers:
        path = mover.path
        if not path.start_s <= t < mover.until_s:
            continue
        pose = drive_pose(path, t) if isinstance(path, Drive) else walk_pose(path, t)
        if pose is not None:
            seen.append(Seen(mover, pose))
    return seen


def cover_state(cover: Cover, t: float) -> str:
    """State of a cover at time ``t`` seconds."""
    return [state for since, state in cover.states if since <= t + 1e-9][-1]
