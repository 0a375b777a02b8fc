"""`yitong check-config`: every file of the configuration, read as the parts read it."""

from __future__ import annotations

from collections.abc import Callable

from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.platforms import load_platforms
from yitong_command.settings.rules import load_rules
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.vision.registry import load_registry


def check(settings: Settings, say: Callable[[str], None]) -> None:
    """Read and check everything; tell what was found.

    Raises:
        ConfigError: Naming file and key of the first fault.
        ModelMismatch: Naming a model file that is not what the registry says.
    """
    county = load_county(settings)
    rules = load_rules(settings)
    zones = [zone for camera in county.cameras.values() for zone in camera.zones]
    for zone in zones:
        rules.settings_of(zone)
    platforms = load_platforms(settings.config_dir, county.taxonomy, frozenset(ADAPTERS))
    load_registry(settings.models_dir)
    people = {duty.username for duty in county.roster}
    say(f"配置目录 / folder: {settings.config_dir}")
    say(f"  分类 / categories: {len(county.taxonomy.categories)}, 规则 / rules: {len(rules)}")
    say(f"  摄像头 / cameras: {len(county.cameras)}, 区域 / zones: {len(zones)}")
    say(f"  网格 / grids: {len(county.grids)}, 值班人员 / people on the roster: {len(people)}")
    say(f"  协同平台 / partners: {len(platforms.partners)}, 位置码 / spots: {len(platforms.spots)}")
    say("配置正确, 模型未被改动 / the configuration is right, the models are unaltered")
