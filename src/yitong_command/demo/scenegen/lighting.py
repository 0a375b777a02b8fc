"""Sun, sky, lamps and exposure by weather and hour."""

import math
from dataclasses import dataclass
from typing import Any

from yitong_command.demo.scenegen.edge import blender
from yitong_command.demo.scenegen.plan import Plan
from yitong_command.demo.scenegen.shaders import Climate


@dataclass(frozen=True)
class Sky:
    """Light of one hour.

    Attributes:
        sun: Strength of the sun, W/m²; 0 under clouds and at night.
        elevation_deg: Height of the sun.
        azimuth_deg: Where it stands, 0 along +Y, 90 along +X.
        soft_deg: Apparent size of the sun: how soft shadows are.
        sun_colour: Linear RGB.
        zenith: Colour of the sky above.
        horizon: Colour of the sky at its edge.
        exposure: Stops.
        lamps: Strength of all lamps, 0 off.
    """

    sun: float
    elevation_deg: float
    azimuth_deg: float
    soft_deg: float
    sun_colour: tuple[float, float, float]
    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    exposure: float
    lamps: float = 0.0


CLEAR = {
    "noon": Sky(4.4, 59, 221, 0.8, (1, 0.95, 0.87), (0.28, 0.43, 0.70), (0.64, 0.71, 0.80), 0.35),
    "low": Sky(3.4, 15, 192, 0.6, (1, 0.86, 0.66), (0.24, 0.36, 0.58), (0.66, 0.62, 0.55), 0.55),
    "dusk": Sky(
        0.9, 9, 150, 1.5, (1, 0.62, 0.34), (0.10, 0.13, 0.24), (0.38, 0.28, 0.24), 0.9, 0.35
    ),
    "night": Sky(
        0.0, 40, 118, 1.0, (1, 1, 1), (0.006, 0.008, 0.016), (0.012, 0.013, 0.018), 1.6, 1.0
    ),
}
CLOUDY = {
    "noon": Sky(0.5, 55, 118, 25, (1, 1, 1), (0.55, 0.60, 0.66), (0.62, 0.65, 0.69), 0.8),
    "low": Sky(0.3, 20, 232, 25, (1, 1, 1), (0.46, 0.50, 0.56), (0.54, 0.56, 0.60), 0.95),
    "dusk": Sky(0.0, 9, 150, 25, (1, 1, 1), (0.12, 0.14, 0.19), (0.16, 0.16, 0.19), 0.9, 0.4),
    "night": Sky(
        0.0, 40, 118, 1.0, (1, 1, 1), (0.008, 0.009, 0.012), (0.014, 0.014, 0.016), 1.6, 1.0
    ),
}


def sky_of(plan: Plan) -> Sky:
    """Light of a scene."""
    return (CLEAR if plan.weather == "dry" else CLOUDY)[plan.light]


def climate(plan: Plan) -> Climate:
    """What weather and hour do to surfaces."""
    return Climate(
        wet={"dry": 0.0, "rain": 1.0, "snow": 0.35}[plan.weather],
        snow=0.85 if plan.weather == "snow" else 0.0,
        lamps=sky_of(plan).lamps,
        lit_windows={"noon": 0.0, "low": 0.2, "dusk": 0.8, "night": 1.1}[plan.light],
    )


def sun_direction(plan: Plan) -> tuple[float, float, float] | None:
    """Unit vector in which sunlight travels; None without a sun."""
    sky = sky_of(plan)
    if sky.sun < 0.6:
        return None
    up, turn = math.radians(sky.elevation_deg), math.radians(sky.azimuth_deg)
    flat = math.cos(up)
    return -flat * math.sin(turn), -flat * math.cos(turn), -math.sin(up)


def set_light(scene: Any, plan: Plan) -> None:
    """Put sun, sky, street lamps and exposure into the renderer."""
    bpy, sky = blender(), sky_of(plan)
    _set_sky(scene, sky)
    if sky.sun:
        lamp = bpy.data.lights.new("sun", "SUN")
        lamp.energy, lamp.angle, lamp.color = sky.sun, math.radians(sky.soft_deg), sky.sun_colour
        thing = bpy.data.objects.new("sun", lamp)
        thing.rotation_euler = (
            math.radians(90 - sky.elevation_deg),
            0,
            -math.radians(sky.azimuth_deg) + math.pi,
        )
        scene.collection.objects.link(thing)
    if sky.lamps:
        _light_lamps(scene, sky.lamps)
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = sky.exposure


def _set_sky(scene: Any, sky: Sky) -> None:
    world = blender().data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    where = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position = 0.0
    ramp.color_ramp.elements[0].color = (*sky.horizon, 1)
    ramp.color_ramp.elements[1].position = 0.6
    ramp.color_ramp.elements[1].color = (*sky.zenith, 1)
    links.new(where.outputs["Generated"], split.inputs["Vector"])
    links.new(split.outputs["Z"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Background"].inputs["Color"])


def _light_lamps(scene: Any, strength: float) -> None:
    bpy = blender()
    for i in range(7):
        lamp = bpy.data.lights.new("street", "SPOT")
        lamp.energy, lamp.spot_size, lamp.spot_blend = 2200.0 * strength, math.radians(150), 0.6
        lamp.color, lamp.shadow_soft_size = (1.0, 0.80, 0.55), 0.25
        thing = bpy.data.objects.new("street", lamp)
        thing.location = (4.85, -8.0 + 22.0 * i, 7.4)
        scene.collection.objects.link(thing)
