"""Where somebody may act: what a request's address names must lie in the person's area.

What lies outside is not found, just as what does not exist. Every parameter of every address
stands in one table here; an address with another one is refused when the application is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from yitong_command.domain.camera import Camera
from yitong_command.domain.roles import in_area, whole_county
from yitong_command.errors import NotFound
from yitong_command.routing.assign import grid_of
from yitong_command.storage.access import may_see_case
from yitong_command.storage.merging import no_case
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web

Guard = Callable[[Web, Person, str], Awaitable[None]]


async def _case(web: Web, person: Person, case_id: str) -> None:
    async with transaction(web.readers) as session:
        seen = await may_see_case(session, person.actor, case_id)
    if not seen:
        raise no_case(case_id)


async def _camera(web: Web, person: Person, camera_id: str) -> None:
    camera = web.cameras.get(camera_id)
    if camera is None or not sees_camera(web, person, camera):
        raise NotFound(f"没有摄像头 {camera_id}", f"there is no camera {camera_id}")


async def _grid(_web: Web, person: Person, grid_code: str) -> None:
    if not in_area(person.role, person.user.grid_codes, grid_code):
        raise NotFound(f"没有网格 {grid_code}", f"there is no grid {grid_code}")


async def _county(_web: Web, person: Person, name: str) -> None:
    if not whole_county(person.role, person.user.grid_codes):
        raise NotFound(f"没有 {name}", f"there is no {name}")


async def _own(_web: Web, _person: Person, _value: str) -> None:
    """Its own service decides: it looks among what is the person's, or tells all the same."""


GUARDS: Mapping[str, Guard] = {
    "case_id": _case,
    "camera_id": _camera,
    "grid_code": _grid,
    "name": _county,
    "username": _county,
    "task_id": _own,
    "group_code": _own,
    "campaign_id": _own,
    "sha256": _own,
    "session_id": _own,
    "entry_id": _own,
    "question_id": _own,
    "mode_id": _own,
    "handover_id": _own,
    "platform": _county,
    "external_id": _own,
    "webhook_id": _county,
    "warning_id": _own,
    "service_code": _own,
    "service_request_id": _own,
    "form": _own,
}


async def check(web: Web, person: Person, named: Mapping[str, str]) -> None:
    """Let a request go on if everything its address names lies in the person's area.

    Raises:
        NotFound: If something does not, or does not exist.
    """
    for name, value in named.items():
        await GUARDS[name](web, person, str(value))


def sees_camera(web: Web, person: Person, camera: Camera) -> bool:
    """Whether a camera stands in this person's area."""
    area = person.user.grid_codes
    if whole_county(person.role, area):
        return True
    grid = grid_of(camera.place, web.county.grids)
    return in_area(person.role, area, grid.code if grid else None)


def own_cameras(web: Web, person: Person) -> dict[str, Camera]:
    """The cameras in this person's area, by their id."""
    return {key: item for key, item in web.cameras.items() if sees_camera(web, person, item)}
