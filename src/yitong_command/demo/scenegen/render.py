"""Run by Blender's Python: renders the pictures that a work list asks for.

``python -m yitong_command.demo.scenegen.render WORK.json``; ``jobs.work_list`` makes the list.
"""

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yitong_command.demo.scenegen.covers import STATES
from yitong_command.demo.scenegen.edge import add_object, blender, empty_scene
from yitong_command.demo.scenegen.jobs import Job, Work, read_work
from yitong_command.demo.scenegen.lighting import climate, set_light
from yitong_command.demo.scenegen.materials import make_materials
from yitong_command.demo.scenegen.mesh import Part
from yitong_command.demo.scenegen.plan import Plan, model_parts
from yitong_command.demo.scenegen.world import cover_things, standing


@dataclass
class Stage:
    """What stands in the renderer: movers by model, covers by id and state, head lamps."""

    scene: Any
    materials: dict[str, Any]
    covers: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    movers: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    beams: list[Any] = field(default_factory=list)


def _material_names(plan: Plan, work: Work) -> set[str]:
    parts: list[Part] = [p for group in standing(plan).values() for p in group]
    for state in STATES:
        states = {one.cover_id: state for one in plan.covers}
        parts += [p for group in cover_things(plan, states).values() for p in group]
    for model in {mover.model for job in work.jobs for mover in job.movers}:
        parts += model_parts(model)
    return {name for p in parts for name in set(p.materials)}


def build_stage(work: Work) -> Stage:
    """Put the standing scene, all cover states and the light in place."""
    plan = work.plan
    scene = empty_scene()
    stage = Stage(scene, make_materials(_material_names(plan, work), climate(plan)))
    for name, parts in standing(plan).items():
        for number, mesh in enumerate(parts):
            add_object(f"{name}.{number}", mesh, stage.materials)
    wanted = {state for job in work.jobs for state in job.states.items()}
    for cover_id, state in sorted(wanted):
        others = {one.cover_id: state for one in plan.covers}
        parts = cover_things(plan, others)[cover_id]
        stage.covers[(cover_id, state)] = [
            add_object(f"{cover_id}.{state}.{i}", mesh, stage.materials)
            for i, mesh in enumerate(parts)
        ]
    set_light(scene, plan)
    _set_camera(scene, plan)
    _set_quality(scene, work)
    return stage


def _set_camera(scene: Any, plan: Plan) -> None:
    bpy, view = blender(), plan.camera
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.angle = "HORIZONTAL", math.radians(view.fov_deg)
    eye = bpy.data.objects.new("camera", lens)
    right, down, forward = view.axes()
    rows = [[right[i], -down[i], -forward[i], view.position[i]] for i in range(3)]
    eye.matrix_world = importable_matrix([*rows, [0, 0, 0, 1]])
    scene.collection.objects.link(eye)
    scene.camera = eye
    scene.render.resolution_x, scene.render.resolution_y = view.size_wh


def importable_matrix(rows: list[list[float]]) -> Any:
    """A matrix in the renderer's own type."""
    eye = blender().data.objects.new("matrix", None)
    matrix = eye.matrix_world.copy()
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            matrix[i][j] = float(value)
    blender().data.objects.remove(eye)
    return matrix


def _set_quality(scene: Any, work: Work) -> None:
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.seed, cycles.use_animated_seed = "CPU", work.plan.seed, False
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 2, 2
    cycles.use_adaptive_sampling = True
    cycles.caustics_reflective = cycles.caustics_refractive = False
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.compression = 15


def _place_movers(stage: Stage, job: Job) -> None:
    for group in stage.movers.values():
        for one in group:
            one.hide_render = True
    for beam in stage.beams:
        beam.hide_render = True
    used: dict[str, int] = {}
    for number, mover in enumerate(job.movers):
        copy = used.get(mover.model, 0)
        used[mover.model] = copy + 1
        key = (mover.model, copy)
        if key not in stage.movers:
            stage.movers[key] = [
                add_object(f"{mover.model}.{copy}.{i}", mesh, stage.materials)
                for i, mesh in enumerate(model_parts(mover.model))
            ]
        for one in stage.movers[key]:
            one.hide_render = False
            one.location = mover.at
            one.rotation_euler = (0, 0, -math.radians(mover.heading_deg))
        if job.beams and not mover.model.startswith("person"):
            _shine(stage, number, mover.at, mover.heading_deg)


def _shine(stage: Stage, number: int, at: tuple[float, float, float], heading_deg: float) -> None:
    bpy = blender()
    while len(stage.beams) <= number:
        lamp = bpy.data.lights.new("beam", "SPOT")
        lamp.energy, lamp.spot_size, lamp.spot_blend = 900.0, math.radians(62), 0.7
        lamp.color, lamp.shadow_soft_size = (1.0, 0.93, 0.8), 0.08
        thing = bpy.data.objects.new("beam", lamp)
        stage.scene.collection.objects.link(thing)
        stage.beams.append(thing)
    beam, h = stage.beams[number], math.radians(heading_deg)
    beam.hide_render = False
    beam.location = (at[0] + 2.4 * math.sin(h), at[1] + 2.4 * math.cos(h), 0.72)
    beam.rotation_euler = (math.radians(83), 0, -h)


def render_job(stage: Stage, job: Job, samples: int) -> None:
    """Render one picture, whole or cut."""
    for (cover_id, state), group in stage.covers.items():
        for one in group:
            one.hide_render = job.states.get(cover_id) != state
    _place_movers(stage, job)
    settings, (width, height) = stage.scene.render, job.size_wh
    settings.use_border = settings.use_crop_to_border = job.crop is not None
    if job.crop is not None:
        x0, y0, x1, y1 = job.crop
        settings.border_min_x, settings.border_max_x = (x0 + 0.01) / width, (x1 + 0.01) / width
        settings.border_min_y = (height - y1 + 0.01) / height
        settings.border_max_y = (height - y0 + 0.01) / height
    stage.scene.cycles.samples = samples
    settings.filepath = job.out
    blender().ops.render.render(write_still=True)


def main(path: Path) -> int:
    """Render every picture of the work list that is not there yet."""
    work = read_work(json.loads(path.read_text(encoding="utf-8")))
    missing = [job for job in work.jobs if not Path(job.out).exists()]
    if missing:
        stage = build_stage(work)
        for job in missing:
            render_job(stage, job, work.samples if job.crop is None else work.patch_samples)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
