"""What the mode endpoints do between the request and the store."""

from __future__ import annotations

from sqlalchemy import select

from yitong_command.domain.area import Level
from yitong_command.domain.mode import ModeState
from yitong_command.domain.roles import Right, in_area, may
from yitong_command.errors import NotAllowed, NotFound
from yitong_command.storage import modes
from yitong_command.storage import tables as t
from yitong_command.storage.debrief import Debrief, debrief
from yitong_command.storage.modes import ModeView, Proposal
from yitong_command.storage.rosters import By
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.modes.schemas import (
    BannerOut,
    Banners,
    DebriefOut,
    FigureOut,
    ModeOut,
    Modes,
    ProposalIn,
)


async def list_all(web: Web, person: Person) -> Modes:
    """Every proposal, emergency and rehearsal."""
    async with transaction(web.readers) as session:
        found = await modes.list_modes(session)
    return Modes(items=tuple(_out(web, person, view) for view in found))


async def now(web: Web, person: Person) -> Banners:
    """What holds now; proposals are not shown to everybody."""
    async with transaction(web.readers) as session:
        found = await modes.list_modes(session, open_only=True)
        query = select(t.mode_checkins.c.mode_id).where(
            t.mode_checkins.c.username == person.username
        )
        came = set(await session.scalars(query))
    at = web.clock()
    return Banners(
        items=tuple(
            _banner(web, person, view, came)
            for view in found
            if view.state == ModeState.ACTIVE and view.ends_at is not None and at < view.ends_at
        )
    )


async def propose(web: Web, person: Person, body: ProposalIn) -> ModeOut:
    """Write a proposal."""
    _check_scope(web, person, body.areas)
    for code in body.categories or ():
        if code not in web.county.taxonomy.categories:
            raise NotFound(f"没有类别 {code}", f"there is no category {code}")
    proposal = Proposal(**body.model_dump())
    async with transaction(web.sessions) as session:
        view = await modes.propose(session, proposal, _by(web, person))
    return _out(web, person, view)


async def confirm(web: Web, person: Person, mode_id: str) -> ModeOut:
    """Put a proposal of somebody else into force."""
    await _check_mine(web, person, mode_id)
    async with transaction(web.sessions) as session:
        view = await modes.confirm(session, mode_id, web.county, _by(web, person))
    return _out(web, person, view)


async def withdraw(web: Web, person: Person, mode_id: str) -> ModeOut:
    """Take a proposal back."""
    await _check_mine(web, person, mode_id)
    async with transaction(web.sessions) as session:
        view = await modes.withdraw(session, mode_id, _by(web, person))
    return _out(web, person, view)


async def end(web: Web, person: Person, mode_id: str) -> ModeOut:
    """End it before its time."""
    await _check_mine(web, person, mode_id)
    async with transaction(web.sessions) as session:
        view = await modes.stop(session, mode_id, web.county, _by(web, person))
    return _out(web, person, view)


async def check_in(web: Web, person: Person, mode_id: str) -> Banners:
    """I have come to my B post."""
    async with transaction(web.sessions) as session:
        await modes.check_in(session, mode_id, _by(web, person))
    return await now(web, person)


async def report(web: Web, person: Person, mode_id: str) -> DebriefOut:
    """The report so far, or of the whole."""
    found = await counted(web, mode_id)
    return DebriefOut(
        mode=_out(web, person, found.mode),
        until=found.until,
        figures=tuple(FigureOut.model_validate(figure) for figure in found.figures),
    )


async def counted(web: Web, mode_id: str) -> Debrief:
    """The numbers of a mode."""
    async with transaction(web.readers) as session:
        return await debrief(session, mode_id, web.clock())


def _by(web: Web, person: Person) -> By:
    return By(person.username, person.role.value, web.clock())


def _check_scope(web: Web, person: Person, areas: tuple[str, ...]) -> None:
    for code in areas:
        area = web.county.areas.get(code)
        if area is None or area.level > Level.GRID:
            raise NotFound(f"没有区域 {code}", f"there is no area {code}")
        if not in_area(person.role, person.user.grid_codes, code):
            raise NotAllowed(f"{code} 不在您的范围内", f"{code} is not in your area")


async def _check_mine(web: Web, person: Person, mode_id: str) -> None:
    async with transaction(web.readers) as session:
        view = await modes.get(session, mode_id)
    _check_scope(web, person, tuple(view.areas))


def _banner(web: Web, person: Person, view: ModeView, came: set[str]) -> BannerOut:
    assert view.ends_at is not None  # noqa: S101  # it is in force
    zh, en = area_words(web, view.areas)
    kinds_zh, kinds_en = category_words(web, view.categories)
    mine = person.username in view.effects.get("b_posts", ()) and not view.rehearsal
    return BannerOut(
        mode_id=view.mode_id, rehearsal=view.rehearsal, areas_zh=zh, areas_en=en,
        categories_zh=kinds_zh, categories_en=kinds_en, reason=view.reason,
        ends_at=view.ends_at, my_post=mine, checked_in=view.mode_id in came,
    )  # fmt: skip


def _out(web: Web, person: Person, view: ModeView) -> ModeOut:
    zh, en = area_words(web, view.areas)
    kinds_zh, kinds_en = category_words(web, view.categories)
    leads = person.role in may(Right.LEAD)
    return ModeOut(
        **{name: getattr(view, name) for name in ModeView.__slots__},
        areas_zh=zh,
        areas_en=en,
        categories_zh=kinds_zh,
        categories_en=kinds_en,
        may_confirm=(
            leads and view.state == ModeState.PROPOSED and view.proposed_by != person.username
        ),
        may_end=leads and view.state == ModeState.ACTIVE,
    )


def area_words(web: Web, codes: list[str]) -> tuple[str, str]:
    """Areas by name."""
    known = [web.county.areas[code] for code in codes if code in web.county.areas]
    return "、".join(a.name_zh for a in known), ", ".join(a.name_en for a in known)


def category_words(web: Web, codes: list[str] | None) -> tuple[str, str]:
    """Categories by name."""
    if codes is None:
        return "全部类别", "all categories"
    table = web.county.taxonomy.categories
    known = [table[code] for code in codes if code in table]
    return "、".join(c.name_zh for c in known), ", ".join(c.name_en for c in known)
