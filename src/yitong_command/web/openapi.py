"""The REST API as an OpenAPI document: served, and exported for the console's types.

``python -m yitong_command.web.openapi PATH`` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic.json_schema import models_json_schema

from yitong_command.bus.fault_messages import CameraFaultMessage
from yitong_command.bus.messages import (
    AlertMessage,
    CameraStateMessage,
    CaseMessage,
    TaskMessage,
)
from yitong_command.web.claims.schemas import ClaimEvent
from yitong_command.web.schemas import Problem

router = APIRouter(tags=["openapi"], include_in_schema=False)

LIVE = {
    "alert": AlertMessage,
    "case": CaseMessage,
    "task": TaskMessage,
    "camera": CameraStateMessage,
    "fault": CameraFaultMessage,
    "claim": ClaimEvent,
}
_REF = "#/components/schemas/{model}"


@router.get("/api/openapi.json")
async def document(request: Request) -> JSONResponse:
    """This interface as OpenAPI 3.1."""
    return JSONResponse(request.app.openapi())


def described(app: FastAPI) -> None:
    """Give the application a document that also has the live messages and the error model."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        summary="REST API of the command centre",
    )
    models = [(model, "serialization") for model in (*LIVE.values(), Problem)]
    _, found = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    schemas = document["components"]["schemas"]
    schemas |= found["$defs"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    refused = {
        "description": "Refused or failed, with the reason in both languages",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = refused
    stream = document["paths"]["/api/live"]["get"]["responses"]["200"]
    stream["content"] = {
        "text/event-stream": {
            "schema": {"oneOf": [_ref(model.__name__) for model in LIVE.values()]},
            "x-events": {event: _ref(model.__name__) for event, model in LIVE.items()},
        }
    }
    return document


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}


def export() -> str:
    """The document as text, the same every time."""
    # The application imports this module for its router.
    from yitong_command.web.app import assemble  # noqa: PLC0415

    return json.dumps(assemble().openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Write the document to the path given as the only argument."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m yitong_command.web.openapi PATH\n")
        return 2
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(export(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
