"""Evidence pictures, to those who may see one of their cases."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from yitong_command.storage import audit
from yitong_command.storage.access import case_of_evidence
from yitong_command.storage.evidence import EvidenceAltered
from yitong_command.storage.session import transaction
from yitong_command.web.deps import PersonDep, WebDep

router = APIRouter(tags=["evidence"])


@router.get(
    "/api/evidence/{sha256}.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
async def picture(
    web: WebDep, person: PersonDep, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
) -> Response:
    """A picture, checked against its hash on the way out; every view is audited."""
    async with transaction(web.readers) as session:
        case_id = await case_of_evidence(session, person.actor, sha256)
    action = "evidence_missing"
    try:
        jpeg = await asyncio.to_thread(web.evidence.get, sha256)
        action = "evidence_viewed"
    except EvidenceAltered:
        action = "evidence_altered"
        raise
    finally:
        async with transaction(web.sessions) as session:
            await audit.record(
                session, web.clock(), person.username, person.user.role, action, sha256,
                {"case_id": case_id},
            )  # fmt: skip
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{sha256}"',
    }
    return Response(jpeg, media_type="image/jpeg", headers=headers)
