"""Surfaces by name, as the meshes use them; ``kind:rrggbb`` carries a colour."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from yitong_command.demo.scenegen.shaders import Climate, Shader, colour

Builder = Callable[[Shader, Climate], None]


def _weathered(
    shader: Shader, base: Any, climate: Climate, rough: float, puddles: float = 0.0
) -> None:
    """Darken and gloss by water, whiten by snow, then use as the surface."""
    if climate.wet:
        base = shader.mix(0.45 * climate.wet, base, (0.0, 0.0, 0.0, 1.0))
        pools = shader.ramp(
            shader.noise(0.35, 3).outputs["Fac"],
            (0.42, (0.38, 0.38, 0.38, 1)),
            (0.60, (0.04, 0.04, 0.04, 1)),
        )
        if puddles:
            shader.link(pools, shader.surface.inputs["Roughness"])
        else:
            shader.set(Roughness=rough * 0.55)
    else:
        shader.set(Roughness=rough)
    if climate.snow:
        cover = shader.ramp(
            shader.noise(0.5, 8).outputs["Fac"],
            (0.36, (0.25 * climate.snow,) * 3 + (1,)),
            (0.55, (climate.snow,) * 3 + (1,)),
        )
        base = shader.mix(cover, base, (0.78, 0.80, 0.84, 1.0))
    shader.base(base)


def _asphalt(shader: Shader, climate: Climate) -> None:
    broad = shader.ramp(
        shader.noise(0.22, 5).outputs["Fac"], (0.3, colour("4a4b4d")), (0.7, colour("5d5e60"))
    )
    grain = shader.noise(55.0, 3, 0.8)
    stones = shader.ramp(
        grain.outputs["Fac"], (0.30, (0.62, 0.62, 0.62, 1)), (0.72, (1.3, 1.3, 1.3, 1))
    )
    product = shader.node("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY")
    sockets = [s for s in product.inputs if s.enabled]
    sockets[0].default_value = 1.0
    shader.link(broad, sockets[1])
    shader.link(stones, sockets[2])
    base = next(s for s in product.outputs if s.enabled)
    bend = shader.noise(1.3, 9, 0.72)
    where = shader.mix(0.5, shader.world(), bend.outputs["Color"])
    cracks = shader.node("ShaderNodeTexVoronoi", feature="DISTANCE_TO_EDGE", Scale=0.40)
    shader.link(where, cracks.inputs["Vector"])
    dark = shader.ramp(cracks.outputs["Distance"], (0.0, (0.72,) * 3 + (1,)), (0.009, (0, 0, 0, 1)))
    gate = shader.ramp(
        shader.noise(0.12, 2).outputs["Fac"], (0.47, (0, 0, 0, 1)), (0.56, (1, 1, 1, 1))
    )
    share = shader.mix(gate, (0, 0, 0, 1), dark)
    base = shader.mix(share, base, colour("1f2022"))
    oil = shader.ramp(
        shader.noise(0.7, 2).outputs["Fac"], (0.60, (0, 0, 0, 1)), (0.74, (0.45,) * 3 + (1,))
    )
    base = shader.mix(oil, base, colour("2e2e2f"))
    _weathered(shader, base, climate, 0.88, puddles=1.0)
    shader.bump(grain.outputs["Fac"], 0.35 if not climate.wet else 0.08, 0.01)


def _pavers(shader: Shader, climate: Climate) -> None:
    bricks = shader.node(
        "ShaderNodeTexBrick", Scale=1.0, Color1=colour("a39a8f"), Color2=colour("8d8177"),
        Mortar=colour("5f5953"), Mortar_Size=0.012, Brick_Width=0.6, Row_Height=0.3,
    )  # fmt: skip
    shader.link(shader.world(), bricks.inputs["Vector"])
    dirt = shader.ramp(
        shader.noise(0.8).outputs["Fac"], (0.45, (0, 0, 0, 1)), (0.8, (0.5,) * 3 + (1,))
    )
    _weathered(shader, shader.mix(dirt, bricks.outputs["Color"], colour("5a544d")), climate, 0.85)
    shader.bump(bricks.outputs["Fac"], 0.25, -0.01)


def _worn(base: str, under: str, scale: float, rough: float) -> Builder:
    def build(shader: Shader, climate: Climate) -> None:
        wear = shader.ramp(
            shader.noise(scale, 8, 0.7).outputs["Fac"], (0.36, (1, 1, 1, 1)), (0.50, (0, 0, 0, 1))
        )
        _weathered(shader, shader.mix(wear, colour(base), colour(under)), climate, rough)

    return build


def _mottled(
    low: str, high: str, scale: float, rough: float,
    *, dent: float = 0.0, metal: float = 0.0, snowed: float = 1.0,
) -> Builder:  # fmt: skip
    """A blotched surface; ``snowed`` is the share of the snow that stays on it."""

    def build(shader: Shader, climate: Climate) -> None:
        climate = replace(climate, snow=climate.snow * snowed)
        field = shader.noise(scale, 6, 0.65).outputs["Fac"]
        _weathered(
            shader, shader.ramp(field, (0.35, colour(low)), (0.68, colour(high))), climate, rough
        )
        shader.set(Metallic=metal)
        if dent:
            shader.bump(field, dent, 0.02)

    return build


def _plain(shade: str, rough: float, *, metal: float = 0.0, coat: float = 0.0) -> Builder:
    def build(shader: Shader, climate: Climate) -> None:
        shader.set(Base_Color=colour(shade), Roughness=rough, Metallic=metal, Coat_Weight=coat)

    return build


def _lamp(shade: str, glow: str, strength: float, floor: float) -> Builder:
    def build(shader: Shader, climate: Climate) -> None:
        shader.set(Base_Color=colour(shade), Roughness=0.15, Emission_Color=colour(glow))
        shader.set(Emission_Strength=floor + strength * climate.lamps)

    return build


def _window(shader: Shader, climate: Climate) -> None:
    shader.set(Base_Color=(0.015, 0.02, 0.025, 1), Roughness=0.06, Specular_IOR_Level=0.8)
    if climate.lit_windows:
        cell = shader.node("ShaderNodeTexWhiteNoise", noise_dimensions="3D")
        grid = shader.node("ShaderNodeVectorMath", operation="SNAP")
        grid.inputs[1].default_value = (50.0, 3.3, 3.0)
        shader.link(shader.world(), grid.inputs[0])
        shader.link(grid.outputs["Vector"], cell.inputs["Vector"])
        lit = shader.ramp(cell.outputs["Value"], (0.66, (0, 0, 0, 1)), (0.70, colour("ffcf8a")))
        shader.link(lit, shader.surface.inputs["Emission Color"])
        shader.set(Emission_Strength=climate.lit_windows)


def _wall(shade: str) -> Builder:
    def build(shader: Shader, climate: Climate) -> None:
        stain = shader.ramp(
            shader.noise(0.35, 8, 0.7).outputs["Fac"],
            (0.4, (0, 0, 0, 1)),
            (0.75, (0.4,) * 3 + (1,)),
        )
        shader.base(shader.mix(stain, colour(shade), colour("6d655b"))).set(Roughness=0.9)
        shader.bump(shader.noise(14.0).outputs["Fac"], 0.2, 0.02)

    return build


PLAIN: dict[str, Builder] = {
    "asphalt": _asphalt,
    "pavers": _pavers,
    "kerb": _mottled("7d7b77", "96938d", 2.5, 0.85, dent=0.1),
    "gutter": _mottled("4b4a49", "626160", 1.2, 0.85),
    "grass": _mottled("2e3a1c", "46522b", 1.6, 0.95),
    "soil": _mottled("3a2c20", "54422f", 6.0, 0.95),
    "paint_white": _worn("c9c8c2", "6d6d6c", 5.0, 0.75),
    "paint_yellow": _worn("c8962a", "6b6454", 5.0, 0.75),
    "iron": _mottled("2c2724", "4c443c", 18.0, 0.55, dent=0.3, metal=0.6, snowed=0.45),
    "iron_worn": _mottled("57504a", "7b746b", 20.0, 0.42, metal=0.75, snowed=0.3),
    "iron_rim": _mottled("4a4642", "6e6962", 14.0, 0.55, dent=0.2, metal=0.5, snowed=0.45),
    "pit_wall": _mottled("1c1815", "332c26", 5.0, 0.95, dent=0.4, snowed=0.0),
    "pit_floor": _plain("080706", 0.9),
    "glass": _plain("07090b", 0.05, coat=0.6),
    "shop_glass": _window,
    "window": _window,
    "trim": _plain("0d0d0e", 0.55),
    "tyre": _plain("0b0b0b", 0.85),
    "rim": _plain("a5a7aa", 0.3, metal=0.9),
    "rim_dark": _plain("2b2c2e", 0.4, metal=0.7),
    "plate": _plain("1c3f9e", 0.4),
    "lamp_front": _lamp("9aa3aa", "fff2d8", 28.0, 0.0),
    "lamp_rear": _lamp("6d0a0a", "ff1a10", 6.0, 0.05),
    "lamp_off": _plain("9aa3aa", 0.12),
    "lamp_street": _lamp("dddddd", "ffd9a0", 30.0, 0.0),
    "sign": _lamp("1a1206", "ff9a2a", 3.0, 0.4),
    "stripe": _plain("d8d8d0", 0.35),
    "cargo": _mottled("7e8c94", "93a1a8", 1.5, 0.5),
    "frame": _plain("b9b8b3", 0.5),
    "sill": _mottled("8b8780", "a39f97", 1.2, 0.85),
    "curtain": _plain("a79f8e", 0.9),
    "cooler": _plain("b8b8b4", 0.5),
    "bark": _mottled("2f241a", "4a3a2b", 12.0, 0.95, dent=0.5),
    "leaf0": _plain("2f4a1c", 0.6),
    "leaf1": _plain("3d5c24", 0.6),
    "leaf2": _plain("4d6a2c", 0.6),
    "metal": _plain("3e4245", 0.4, metal=0.6),
    "bin": _plain("2b4a3a", 0.5),
    "planter": _mottled("6a5a4c", "85735f", 3.0, 0.8),
    "skin": _plain("a9785c", 0.6),
    "hair": _plain("14100e", 0.6),
    "shoe": _plain("161616", 0.5),
}
COLOURED: dict[str, Callable[[str], Builder]] = {
    "paint": lambda shade: _plain(shade, 0.28, metal=0.15, coat=1.0),
    "wall": _wall,
    "sign": lambda shade: _plain(shade, 0.45),
    "cloth": lambda shade: _plain(shade, 0.85),
}


def make_materials(names: Iterable[str], climate: Climate) -> dict[str, Any]:
    """Build the named materials.

    Args:
        names: Keys of ``PLAIN``, or ``kind:rrggbb`` with a key of ``COLOURED``.
        climate: What weather and hour do to them.

    Raises:
        KeyError: If a name is unknown.
    """
    made = {}
    for name in sorted(set(names)):
        kind, _, shade = name.partition(":")
        build = COLOURED[kind](shade) if shade else PLAIN[name]
        shader = Shader(name)
        build(shader, climate)
        made[name] = shader.material
    return made
