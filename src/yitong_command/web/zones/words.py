"""What the numbers of the rules are called on the screen."""

from __future__ import annotations

SETTINGS: dict[str, tuple[str, str]] = {
    "dwell_s": ("停留多久算违停", "standing this long counts"),
    "recheck_s": ("多久后复查仍在才上报", "still there this much later: reported"),
    "clear_after_s": ("离开多久算解除", "gone this long: cleared"),
    "miss_s": ("允许连续看不到", "may be out of sight for"),
    "max_gap_s": ("无画面超过此时间重新计时", "blind for longer: starts anew"),
    "min_overlap": ("车底落入区域的份额", "share of the vehicle in the zone"),
    "stand_iou": ("算作未移动的重合度", "overlap that counts as standing"),
    "keep_iou": ("部分遮挡时保持的重合度", "overlap kept while partly hidden"),
    "presence": ("观察中应见到的份额", "share of looks that must show it"),
    "hide_share": ("算作遮挡的份额", "share that counts as hidden"),
    "agree_looks": ("连续一致的观察次数", "looks in a row that agree"),
    "agree_s": ("一致持续时间", "and over this long"),
    "min_cover_px": ("小于此像素的井盖不判", "smaller covers are not judged"),
    "fence_looks": ("围挡连续一致的观察次数", "looks that agree on a fence"),
    "fence_s": ("围挡一致持续时间", "and over this long (fence)"),
    "works_s": ("围挡中的井口多久后上报", "a fenced hole is reported after"),
}


def unit_of(name: str) -> str:
    """Unit of a setting, by the ending of its name."""
    ending = name.rpartition("_")[2]
    return ending if ending in {"s", "looks", "px"} else "share"
