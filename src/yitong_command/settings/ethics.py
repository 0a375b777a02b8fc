"""The ethical frame: what a taxonomy must say, and what it may never hold.

The frame lives here and not in the file, so that editing the file can't loosen it.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from yitong_command.domain.taxonomy import CAMERA_SOURCES
from yitong_command.settings.files import Strict

FORBIDDEN_BASES: dict[str, tuple[str, ...]] = {
    "ethnicity": ("民族", "族裔", "种族", "ethnic", "ethnicity", "race", "racial"),
    "religion": ("宗教", "信教", "教徒", "religion", "religious", "church", "mosque"),
    "political_opinion": ("政治", "言论", "涉稳", "异见", "集会", "political", "dissident"),
    "petitioning": ("信访", "上访", "访民", "petition", "petitioner", "petitioners", "petitioning"),
    "health_stigma_hiv": ("艾滋", "hiv", "aids"),
    "origin_or_migrant_status": ("流动人口", "外来人口", "migrant", "migrants"),
    "military_service": ("涉军", "退役军人", "退伍", "veteran", "veterans", "military"),
    "past_conviction_risk_score": ("风险评分", "前科", "风险等级", "risk score", "conviction"),
}
"""Words by which a category on a forbidden basis is known, whole words in English."""


class EthicsFile(Strict):
    """Section ``ethics``: every line has one right value."""

    no_face_recognition: Literal[True]
    no_biometric_id: Literal[True]
    no_tracking_of_individuals_by_camera: Literal[True]
    forbidden_category_basis: tuple[str, ...]
    key_population_forbidden_sources: tuple[str, ...]
    public_security_camera_output: Literal["scene_event_only"]
    crowd_detector_use: Literal["density_safety_only"]
    legal_basis: tuple[str, ...]

    @field_validator("forbidden_category_basis")
    @classmethod
    def _whole_list(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        missing = sorted(set(FORBIDDEN_BASES) - set(value))
        if missing:
            raise ValueError(f"these must stay forbidden: {', '.join(missing)}")
        return value

    @field_validator("key_population_forbidden_sources")
    @classmethod
    def _all_cameras(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        missing = sorted(CAMERA_SOURCES - set(value))
        if missing:
            raise ValueError(f"these must stay forbidden: {', '.join(missing)}")
        return value


def forbidden_basis(text: str) -> tuple[str, str] | None:
    """The forbidden basis a text rests on and the word that shows it, or None.

    Args:
        text: A code, a name or a condition, in Chinese or English.
    """
    lower = text.replace("_", " ").casefold()
    for basis, words in FORBIDDEN_BASES.items():
        for word in words:
            found = re.search(rf"\b{re.escape(word)}\b", lower) if word.isascii() else word in lower
            if found:
                return basis, word
    return None
