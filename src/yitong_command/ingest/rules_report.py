"""The figures of `yitong evaluate-rules`, per clip, per kind and in total."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from yitong_command.domain.incident import IncidentKind
from yitong_command.ingest.evaluate_rules import ClipResult, RuleTrial
from yitong_command.ingest.scene_score import Report
from yitong_command.ingest.scene_truth import Fact, Scene

DAY_H = 24.0
USUAL = (IncidentKind.ILLEGAL_PARKING, IncidentKind.MANHOLE_COVER)


def rules_report(trial: RuleTrial, results: Sequence[ClipResult | Scene]) -> dict[str, Any]:
    """All figures, as they are printed.

    Returns:
        ``precision`` is the share of reports that are right (false ones and duplicates are not),
        ``recall`` the share of facts reported, ``false_per_24h`` false incidents in 24 hours of
        one camera's scene time, ``delay_*_s`` seconds from begin plus dwell (for covers: plus
        ``agree_s``) to the report, so the re-check is part of it. What can't be known, for example
        the precision of no report, is None.
    """
    tried = [item for item in results if isinstance(item, ClipResult)]
    return {
        **_figures(tried, trial),
        "by_kind": {kind.value: _figures(tried, trial, kind) for kind in _kinds(tried, trial)},
        "cover_looks_max": max((n for item in tried for n in item.cover_looks), default=None),
        "covered_looks": sum(item.covered for item in tried),
        "judged_while_covered": sum(item.judged_covered for item in tried),
        "not_judged": sum(item.not_judged for item in tried),
        "settings": {
            "every_s": trial.every_s,
            "loop_to_s": trial.loop_to_s,
            **{kind.value: numbers for kind, numbers in trial.settings.items()},
        },
        "clips": [_clip(item, trial) for item in tried],
        "skipped": _skipped(trial, results),
    }


def _kinds(tried: Sequence[ClipResult], trial: RuleTrial) -> list[IncidentKind]:
    """The kinds to tell of: the usual two, and whatever else a clip has a zone for."""
    watched = {zone.kind for item in tried for zone in item.scene.zones}
    return [kind for kind in trial.settings if kind in USUAL or kind in watched]


def _figures(
    tried: Sequence[ClipResult], trial: RuleTrial, kind: IncidentKind | None = None
) -> dict[str, Any]:
    def own(item: Fact | Report) -> bool:
        return kind is None or item.kind is kind

    scores = [item.score for item in tried]
    found = [pair for score in scores for pair in score.found if own(pair[0])]
    missed = sum(own(fact) for score in scores for fact in score.missed)
    duplicates = sum(own(report) for score in scores for report in score.duplicates)
    false = sum(own(report) for score in scores for report in score.false)
    delays = [
        report.opened_s - fact.begin_s - trial.patience[fact.kind].due_s for fact, report in found
    ]
    hours = (
        sum(
            item.scene_s
            for item in tried
            if kind is None or any(zone.kind is kind for zone in item.scene.zones)
        )
        / 3600
    )
    return {
        "precision": _share(len(found), len(found) + duplicates + false),
        "recall": _share(len(found), len(found) + missed),
        "false_per_24h": round(false / hours * DAY_H, 3) if hours else None,
        "duplicates": duplicates,
        "delay_p50_s": round(median(delays), 3) if delays else None,
        "delay_max_s": round(max(delays), 3) if delays else None,
        "facts": len(found) + missed,
        "found": len(found),
        "missed": missed,
        "false": false,
        "scene_hours": round(hours, 4),
    }


def _skipped(trial: RuleTrial, results: Sequence[ClipResult | Scene]) -> list[dict[str, str]]:
    """Clips that say nothing, and why."""
    blank = [item.name for item in results if isinstance(item, Scene)]
    known = {(item if isinstance(item, Scene) else item.scene).clip.resolve() for item in results}
    untold = [clip.stem for clip in trial.folder.glob("*.mp4") if clip.resolve() not in known]
    return [
        *({"clip": name, "reason": "没有区域 / no zone to watch"} for name in blank),
        *({"clip": name, "reason": "没有真值 / no ground truth"} for name in sorted(untold)),
    ]


def _clip(item: ClipResult, trial: RuleTrial) -> dict[str, Any]:
    score = item.score
    return {
        "clip": item.scene.name,
        **_figures([item], trial),
        "zones": len(item.scene.zones),
        "looks": item.looks,
        "vehicles_seen_in_one_pass": item.vehicles,
        "not_judged": item.not_judged,
        "too_short": score.short,
        "cover_looks_max": max(item.cover_looks, default=None),
        "small_covers": dict(item.small_covers),
        "covered_looks": item.covered,
        "judged_while_covered": item.judged_covered,
        "missed_facts": [
            {"kind": f.kind.value, "zone": f.zone_id, "begin_s": round(f.begin_s, 3)}
            for f in score.missed
        ],
        "false_incidents": [_line(report) for report in score.false],
        "duplicate_incidents": [_line(report) for report in score.duplicates],
    }


def _line(report: Report) -> dict[str, Any]:
    box = [round(value, 4) for value in report.box] if report.box else None
    return {
        "kind": report.kind.value,
        "zone": report.zone_id,
        "at_s": round(report.opened_s, 3),
        "state": report.state or None,
        "score": round(report.score, 3),
        "box": box,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
