"""`yitong check-config`: every file of the configuration, read as the parts read it."""

from __future__ import annotations

from collections.abc import Callable

from yitong_command.domain.camera import Camera
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.county import (
    load_calendar,
    load_grids,
    load_rosters,
    load_taxonomy,
)
from yitong_command.settings.environment import Settings
from yitong_command.settings.rules import load_rules
from yitong_command.vision.registry import load_registry


def check(settings: Settings, say: Callable[[str], None]) -> None:
    """Read and check everything; tell what was found.

    Raises:
        ConfigError: Naming file and key of the first fault.
        ModelMismatch: Naming a model file that is not what the registry says.
    """
    taxonomy = load_taxonomy(settings)
    cameras = load_cameras(settings)
    rules = load_rules(settings)
    grids = load_grids(settings)
    rosters = load_rosters(settings)
    load_calendar(settings)
    registry = load_registry(settings.models_dir)
    zones = sum(len(camera.zones) for camera in cameras)
    say(f"配置目录 / folder: {settings.config_dir}")
    say(f"  分类 / categories: {len(taxonomy.categories)}")
    say(f"  摄像头 / cameras: {len(cameras)}, 区域 / zones: {zones}, 规则 / rules: {len(rules)}")
    say(f"  网格 / grids: {len(grids)}, 人员 / people on rosters: {len(rosters.people)}")
    say(f"  模型 / models: {', '.join(sorted(registry.models))}")
    _check_zone_categories(settings, cameras, taxonomy)
    say("配置正确 / the configuration is right")


def _check_zone_categories(
    settings: Settings, cameras: tuple[Camera, ...], taxonomy: Taxonomy
) -> None:
    for camera in cameras:
        for zone in camera.zones:
            problem = taxonomy.source_problem(zone.category, "camera_ai")
            if problem:
                raise ConfigError(
                    str(settings.config_dir / "zones.yaml"), f"{zone.subject}.category", problem
                )
