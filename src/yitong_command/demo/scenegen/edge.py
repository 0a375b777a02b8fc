"""The one door to Blender's Python module: it is loaded on demand and is untyped."""

import importlib
from typing import Any

from yitong_command.demo.scenegen.mesh import Part


def blender() -> Any:
    """Blender's module.

    Raises:
        ModuleNotFoundError: If this Python has no ``bpy``; it belongs in its own environment.
    """
    return importlib.import_module("bpy")


def empty_scene() -> Any:
    """Forget everything and give the bare scene."""
    bpy = blender()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def add_object(name: str, mesh: Part, materials: dict[str, Any]) -> Any:
    """Make an object of a part.

    Args:
        name: Name of the object.
        mesh: Its shape.
        materials: Renderer's materials by name; must hold every name that the part uses.
    """
    bpy = blender()
    data = bpy.data.meshes.new(name)
    data.from_pydata(mesh.vertices.tolist(), [], [list(face) for face in mesh.faces])
    names = sorted(set(mesh.materials))
    for one in names:
        data.materials.append(materials[one])
    slot = {one: i for i, one in enumerate(names)}
    data.polygons.foreach_set("material_index", [slot[one] for one in mesh.materials])
    data.polygons.foreach_set("use_smooth", [mesh.smooth] * len(mesh.faces))
    data.update()
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing
