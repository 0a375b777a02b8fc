"""What may not become a case at all: the ethical frame at run time."""

from __future__ import annotations

from yitong_command.domain.incident import Incident
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Group, Taxonomy


def refusal(incident: Incident, taxonomy: Taxonomy) -> str | None:
    """Why this incident is refused, in Chinese then English, or None if it is not.

    Refused are unknown categories and sources, a source that the category does not list, and any
    camera source or picture on a key-population category, whatever its list says.
    """
    found = taxonomy.find(incident.category)
    if found is None:
        return f"没有这个类别 / there is no category {incident.category!r}"
    category, _ = found
    if incident.source not in taxonomy.sources:
        return f"没有这个来源 / there is no source {incident.source!r}"
    if category.group is Group.KEY_POPULATION and incident.source in CAMERA_SOURCES:
        return (
            f"重点人群类别不接受摄像头来源 / key-population category {category.code} "
            f"refuses the camera source {incident.source}"
        )
    if category.group is Group.KEY_POPULATION and incident.evidence:
        return f"重点人群类别不接受图片 / key-population category {category.code} refuses pictures"
    if incident.source not in category.sources:
        return (
            f"类别 {category.code} 不接受来源 {incident.source} / "
            f"category {category.code} does not take the source {incident.source}"
        )
    return None
