"""A small language over the renderer's shader nodes."""

from dataclasses import dataclass
from typing import Any

from yitong_command.demo.scenegen.edge import blender

Colour = tuple[float, float, float, float]


@dataclass(frozen=True)
class Climate:
    """What weather and hour do to surfaces.

    Attributes:
        wet: 0 dry to 1 wet.
        snow: 0 none to 1 white.
        lamps: Strength of street and vehicle lamps.
        lit_windows: Strength of lit windows.
    """

    wet: float = 0.0
    snow: float = 0.0
    lamps: float = 0.0
    lit_windows: float = 0.0


def colour(text: str) -> Colour:
    """Linear colour of ``rrggbb`` (sRGB)."""
    values = [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue, 1.0


class Shader:
    """A node tree under construction around one principled surface."""

    def __init__(self, name: str) -> None:
        self.material = blender().data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.surface = self.tree.nodes["Principled BSDF"]

    def node(self, kind: str, **values: Any) -> Any:
        """Add a node; ``values`` are attributes, or inputs when the node has one of that name."""
        made = self.tree.nodes.new(kind)
        for key, value in values.items():
            label = key.replace("_", " ")
            if label in made.inputs:
                made.inputs[label].default_value = value
            else:
                setattr(made, key, value)
        return made

    def link(self, source: Any, target: Any) -> None:
        """Join an output with an input."""
        self.tree.links.new(source, target)

    def set(self, **values: Any) -> "Shader":
        """Set inputs of the surface (``Base_Color=...``)."""
        for key, value in values.items():
            self.surface.inputs[key.replace("_", " ")].default_value = value
        return self

    def noise(self, scale: float, detail: float = 6.0, rough: float = 0.6) -> Any:
        """Fractal noise over world metres."""
        made = self.node("ShaderNodeTexNoise", Scale=scale, Detail=detail, Roughness=rough)
        self.link(self.world(), made.inputs["Vector"])
        return made

    def world(self) -> Any:
        """World position of the point that is shaded."""
        return self.node("ShaderNodeNewGeometry").outputs["Position"]

    def ramp(self, source: Any, low: tuple[float, Colour], high: tuple[float, Colour]) -> Any:
        """Map a value to a colour between two stops."""
        made = self.node("ShaderNodeValToRGB")
        for stop, (at, shade) in zip(made.color_ramp.elements, (low, high), strict=True):
            stop.position, stop.color = at, shade
        self.link(source, made.inputs["Fac"])
        return made.outputs["Color"]

    def mix(self, share: Any, first: Any, second: Any) -> Any:
        """Blend two colours by a socket or a number."""
        made = self.node("ShaderNodeMix", data_type="RGBA")
        sockets = [s for s in made.inputs if s.enabled]
        for socket, value in zip(sockets, (share, first, second), strict=True):
            if hasattr(value, "is_linked"):
                self.link(value, socket)
            else:
                socket.default_value = value
        return next(s for s in made.outputs if s.enabled)

    def bump(self, height: Any, strength: float, distance: float) -> None:
        """Let a value dent the surface."""
        made = self.node("ShaderNodeBump", Strength=strength, Distance=distance)
        self.link(height, made.inputs["Height"])
        self.link(made.outputs["Normal"], self.surface.inputs["Normal"])

    def base(self, socket: Any) -> "Shader":
        """Use a colour socket as the surface's colour."""
        self.link(socket, self.surface.inputs["Base Color"])
        return self
