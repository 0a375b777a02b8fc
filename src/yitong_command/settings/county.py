"""The whole county from its configuration folder."""

from __future__ import annotations

from pathlib import Path

from yitong_command.domain.camera import Camera
from yitong_command.domain.county import County
from yitong_command.domain.taxonomy import Group, Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.areas import load_areas
from yitong_command.settings.calendar import load_calendar
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import Settings
from yitong_command.settings.evidence import load_evidence
from yitong_command.settings.grids import load_grids
from yitong_command.settings.roster import load_roster
from yitong_command.settings.sensors import load_sensors
from yitong_command.settings.taxonomy import load_taxonomy

ZONE_SOURCE = "camera_ai"


def load_county(settings: Settings) -> County:
    """Taxonomy, grids, roster, calendar and cameras, checked against each other.

    Raises:
        ConfigError: Naming file and key: whatever is wrong in one of the files, and every zone
            whose category does not exist, does not take cameras, or is a key-population one.
    """
    folder = settings.config_dir
    taxonomy = load_taxonomy(folder / "taxonomy.yaml")
    grids = load_grids(folder / "grids.geojson", taxonomy.county_code)
    cameras = load_cameras(settings)
    check_zones(folder / "zones.yaml", cameras, taxonomy)
    areas = load_areas(folder / "areas.yaml", taxonomy.county_code, grids)
    return County(
        taxonomy=taxonomy,
        grids=grids,
        roster=load_roster(folder / "rosters.yaml", taxonomy.roles, areas),
        calendar=load_calendar(folder),
        cameras={camera.camera_id: camera for camera in cameras},
        sensors=load_sensors(folder, taxonomy).sensors,
        areas=areas,
        evidence=load_evidence(folder / "evidence.yaml", taxonomy),
    )


def check_zones(path: Path, cameras: tuple[Camera, ...], taxonomy: Taxonomy) -> None:
    """Refuse zones that would watch what no camera may watch.

    Raises:
        ConfigError: Naming the file and the zone.
    """
    for zone in (zone for camera in cameras for zone in camera.zones):
        key = f"zones.{zone.subject}.category"
        found = taxonomy.find(zone.category)
        if found is None:
            raise ConfigError(str(path), key, f"there is no category {zone.category!r}")
        category, _ = found
        if category.group is Group.KEY_POPULATION:
            raise ConfigError(
                str(path), key, f"{category.code} is about people: no camera may watch it"
            )
        if ZONE_SOURCE not in category.sources:
            raise ConfigError(
                str(path), key, f"category {category.code} does not take {ZONE_SOURCE}"
            )
