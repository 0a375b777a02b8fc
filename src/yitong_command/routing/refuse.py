"""What may not become a case at all: the ethical frame at run time."""

from __future__ import annotations

from yitong_command.domain.incident import Incident
from yitong_command.domain.sensor import CARE_SOURCE
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Category, Group, Taxonomy


def refusal(incident: Incident, taxonomy: Taxonomy) -> str | None:
    """Why this incident is refused, in Chinese then English, or None if it is not.

    Refused are unknown categories and sources, a source that the category does not list, and on a
    key-population category whatever is not a care device: any camera source, camera or picture,
    whatever its list says. People's reports come by another way, see ``reports``.
    """
    found = taxonomy.find(incident.category)
    if found is None:
        return f"没有这个类别 / there is no category {incident.category!r}"
    category, _ = found
    if incident.source not in taxonomy.sources:
        return f"没有这个来源 / there is no source {incident.source!r}"
    if category.group is Group.KEY_POPULATION and (reason := _about_people(incident, category)):
        return reason
    if incident.source == CARE_SOURCE and not incident.sensor_id:
        return f"照护设备须有设备编号 / {CARE_SOURCE} without a sensor_id"
    if incident.source not in category.sources:
        return (
            f"类别 {category.code} 不接受来源 {incident.source} / "
            f"category {category.code} does not take the source {incident.source}"
        )
    return None


def _about_people(incident: Incident, category: Category) -> str | None:
    if incident.source in CAMERA_SOURCES or incident.camera_id:
        return (
            f"重点人群类别不接受摄像头来源 / key-population category {category.code} "
            f"refuses the camera source {incident.source} {incident.camera_id}".rstrip()
        )
    if incident.source != CARE_SOURCE:
        return (
            f"重点人群事件只接受本人知情的照护设备 / an incident of key-population category "
            f"{category.code} may only come from a care device, not from {incident.source}"
        )
    if incident.evidence:
        return f"重点人群类别不接受图片 / key-population category {category.code} refuses pictures"
    return None
