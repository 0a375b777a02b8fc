"""`yitong labels`: what the operators' decisions say of the detectors, as files."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.domain.camera import Camera
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.storage.labels import LabelView

labels = typer.Typer(
    help="值班员判断作为标注 / operators' decisions as labels", no_args_is_help=True
)


@labels.callback()
def _labels() -> None:
    """Commands about labels."""


@labels.command()
def export(
    out: Annotated[Path, typer.Argument(help="新目录 / new folder, or an empty one")],
    since: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="只取近几天 / the last days only")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """导出标注数据集 / write labelled pictures as Ultralytics data sets, one per kind.

    Confirmed alerts become boxes, false alarms background; labels.csv has every decision with its
    reason. Only the blurred evidence is written, checked against its hash; what is missing or
    altered is named and skipped. Every export is audited.
    """
    from yitong_command.settings.county import load_county
    from yitong_command.storage.evidence import EvidenceStore
    from yitong_command.training.label_export import export_labels

    with plain_errors():
        settings = settings_for("labels", config=config, data=data)
        county = load_county(settings)
        found, cameras = asyncio.run(
            _read(settings, str(out.absolute()), since, tuple(county.cameras.values()))
        )
        zones = {zone.subject: zone.polygon for camera in cameras for zone in camera.zones}
        store = EvidenceStore(settings.evidence_dir)
        try:
            report = export_labels(found, store, out, zones, county.taxonomy.reasons)
        except OSError as exc:
            raise ConfigError(str(out), "", f"写不进去 / can't be written: {exc}") from exc
    for incident_id, why in report.left_out:
        say(f"{incident_id}: {why}")
    for name, pictures in sorted(report.pictures.items()):
        say(f"{name}: {pictures} 张图片 / pictures")
    say(f"{len(found)} 条标注 / labels -> {out}")


async def _read(
    settings: Settings, out: str, since_days: int | None, seeds: tuple[Camera, ...]
) -> tuple[tuple[LabelView, ...], tuple[Camera, ...]]:
    """The labels, and the cameras as they are now; those of the files before any was stored.

    That labels are taken out is audited before the first of them is.
    """
    from yitong_command.storage import audit
    from yitong_command.storage.camera_records import list_cameras
    from yitong_command.storage.labels import list_labels
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import make_engine, make_sessions, transaction

    await asyncio.to_thread(upgrade, settings.database_url)
    now = datetime.now(UTC)
    since = None if since_days is None else now - timedelta(days=since_days)
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_sessions(engine)) as session:
            found = await list_labels(session, since)
            records = await list_cameras(session, with_removed=True)
            detail = {
                "since": since.isoformat() if since else None,
                "labels": len(found),
                "pictures": len({label.evidence for label in found if label.evidence}),
            }
            await audit.record(session, now, _who(), "shell", "labels_exported", out[-200:], detail)
    finally:
        await engine.dispose()
    return found, tuple(record.camera for record in records) or seeds


def _who() -> str:
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "unknown"
