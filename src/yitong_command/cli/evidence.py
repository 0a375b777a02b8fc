"""`yitong evidence`: packages of a case's evidence, checks, and deleting what is over."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yitong_command.cli.options import ConfigOption, DataOption, plain_errors, say, settings_for
from yitong_command.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from yitong_command.domain.manifest import Fault
    from yitong_command.settings.environment import Settings
    from yitong_command.storage.session import Sessions

T = TypeVar("T")

evidence = typer.Typer(help="证据 / evidence of cases", no_args_is_help=True)


@evidence.callback()
def _evidence() -> None:
    """Commands about evidence."""


@evidence.command()
def export(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="案件编号 / case")],
    out: Annotated[Path, typer.Option(help="新压缩包 / ZIP file to make")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """导出一个案件的证据包 / write a case, its blurred pictures and its manifest into one ZIP.

    A picture that is missing or altered is named and left out, and the package then says so when
    it is verified. Every export is an entry of the manifest and audited with the manifest's head.
    """
    from yitong_command.storage.evidence import EvidenceAltered, EvidenceStore
    from yitong_command.storage.exporting import take_out
    from yitong_command.storage.package import write_package
    from yitong_command.storage.session import transaction

    async def work(sessions: Sessions) -> None:
        async with transaction(sessions) as session:
            case, entries = await take_out(session, case_id, getpass.getuser(), datetime.now(UTC))
        pictures: dict[str, bytes] = {}
        for item in case["evidence_items"]:
            try:
                pictures[item["sha256"]] = store.get(item["sha256"])
            except (NotFound, EvidenceAltered) as exc:
                say(f"{item['sha256']}: {exc}")
        write_package(out, case, entries, pictures)
        say(f"{len(pictures)} 张图片 / pictures, {len(entries)} 条清单 / entries -> {out}")
        say(f"清单头 / head of the manifest: {entries[-1].hash}")

    with plain_errors():
        settings = settings_for("evidence", config=config, data=data)
        store = EvidenceStore(settings.evidence_dir)
        if out.exists():
            raise ConfigError(str(out), "", "已存在 / exists already")
        try:
            _with_database(settings, work)
        except NotFound as exc:
            raise ConfigError("evidence", case_id, str(exc)) from exc
        except OSError as exc:
            raise ConfigError(str(out), "", f"写不进去 / can't be written: {exc}") from exc


@evidence.command()
def verify(
    package: Annotated[Path, typer.Argument(help="证据包 / package")],
    head: Annotated[
        str | None, typer.Option(help="审计日志中的清单头 / head of the manifest in the audit log")
    ] = None,
) -> None:
    """离线核验证据包 / check a package, without database or network; exit 1 names every fault."""
    from yitong_command.domain.manifest import Fault
    from yitong_command.storage.package import verify_package

    try:
        case_id, found, faults = verify_package(package)
    except ValueError as exc:
        say(str(exc))
        raise typer.Exit(2) from exc
    if head is not None and head != found:
        faults.append(Fault("head", "与审计日志中的清单头不符", "is not the head given"))
    _tell(faults, f"{case_id}: 完好 / whole, 清单头 / head {found}")


@evidence.command()
def check(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="CASE", help="案件编号 / cases; all if none")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """就地核验 / check manifests and pictures where they are; exit 1 names every fault."""
    from sqlalchemy import select

    from yitong_command.storage import tables as t
    from yitong_command.storage.evidence import EvidenceStore
    from yitong_command.storage.exporting import case_faults
    from yitong_command.storage.session import transaction

    async def work(sessions: Sessions) -> tuple[int, list[Fault]]:
        async with transaction(sessions) as session:
            every = select(t.evidence_links.c.case_id).distinct().order_by("case_id")
            wanted = cases or list(await session.scalars(every))
        faults: list[Fault] = []
        for case_id in wanted:
            async with transaction(sessions) as session:
                faults += await case_faults(session, case_id, store)
        return len(wanted), faults

    with plain_errors():
        settings = settings_for("evidence", config=config, data=data)
        store = EvidenceStore(settings.evidence_dir)
        count, faults = _with_database(settings, work)
    _tell(faults, f"{count} 个案件完好 / cases whole")


@evidence.command()
def purge(
    apply: Annotated[bool, typer.Option(help="真的删除 / delete; otherwise only told")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """删除到期图片 / delete pictures whose time is over (evidence.yaml), unless held.

    Each leaves a tombstone in its manifest and a line in the audit log. Run it daily.
    """
    from yitong_command.settings.county import load_county
    from yitong_command.storage.evidence import EvidenceStore
    from yitong_command.storage.retaining import due_cases, leftovers, purge_case
    from yitong_command.storage.session import transaction

    async def work(sessions: Sessions) -> None:
        async with transaction(sessions) as session:
            due = await due_cases(session, policy, datetime.now(UTC), 10_000)
        say(f"{len(due)} 个案件到期 / cases are over")
        for case_id in due if apply else ():
            async with transaction(sessions) as session:
                gone = await purge_case(session, case_id, policy, datetime.now(UTC))
            say(f"{case_id}: 删除 {gone} 张图片 / pictures deleted")
        if apply:
            # Also those whose run died between the commit and here.
            async with transaction(sessions) as session:
                for sha256 in await leftovers(session):
                    store.remove(sha256)

    with plain_errors():
        settings = settings_for("evidence", config=config, data=data)
        policy = load_county(settings).evidence
        store = EvidenceStore(settings.evidence_dir)
        _with_database(settings, work)


def _with_database(settings: Settings, work: Callable[[Sessions], Awaitable[T]]) -> T:
    from yitong_command.storage.migrate import upgrade
    from yitong_command.storage.session import make_engine, make_sessions

    async def run() -> T:
        await asyncio.to_thread(upgrade, settings.database_url)
        engine = make_engine(settings.database_url)
        try:
            return await work(make_sessions(engine))
        finally:
            await engine.dispose()

    return asyncio.run(run())


def _tell(faults: list[Fault], whole: str) -> None:
    for fault in faults:
        say(f"{fault.where}: {fault.zh} / {fault.en}")
    if faults:
        raise typer.Exit(1)
    say(whole)
