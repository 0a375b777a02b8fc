"""The one table from exceptions to answers; every error leaves as bilingual problem+json.

Refusal (shown as it is)      WebRefusal (only the web part raises these)
├── NotFound            404   ├── NotSignedIn         401
├── NotAllowed          403   ├── WrongPassword       401
├── IllegalTransition   409   ├── HeaderMissing       403
├── StaleVersion        409   ├── TooManyAttempts     429
├── Claimed             409   │
└── ProofMissing        422   ├── TooLarge            413
DatabaseDown            503   ├── PhotoRefused        422
EvidenceAltered         500   ├── CameraBlind         503
anything else           500   ├── MaskingUnavailable  503
                              ├── BrokerSilent        503
                              ├── TokenRefused        401
                              ├── BodyRefused         422
                              ├── TooManyReports      429
                              ├── PasswordRefused     422
                              └── PasswordMustChange  403
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from yitong_command.errors import (
    DatabaseDown,
    IllegalTransition,
    NotAllowed,
    NotFound,
    ProofMissing,
    Refusal,
    StaleVersion,
)
from yitong_command.storage.claims import Claimed
from yitong_command.storage.evidence import EvidenceAltered
from yitong_command.web.headers import SECURITY_HEADERS
from yitong_command.web.refusals import BodyRefused as BodyRefused
from yitong_command.web.refusals import TokenRefused as TokenRefused
from yitong_command.web.refusals import TooManyAttempts as TooManyAttempts
from yitong_command.web.refusals import TooManyReports as TooManyReports
from yitong_command.web.refusals import WebRefusal as WebRefusal

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class NotSignedIn(WebRefusal):
    """There is no valid session."""

    code = "not_signed_in"


class WrongPassword(WebRefusal):
    """User name and password do not belong together."""

    code = "wrong_credentials"


class PasswordRefused(WebRefusal):
    """The new password can't be taken."""

    code = "password_refused"


class PasswordMustChange(WebRefusal):
    """The password was given by somebody else and must be changed first."""

    code = "password_must_change"


class HeaderMissing(WebRefusal):
    """A changing request came without the header that only our own pages send."""

    code = "header_missing"


class TooLarge(WebRefusal):
    """The request's body is larger than allowed."""

    code = "too_large"


class PhotoRefused(WebRefusal):
    """The file is no picture that can be taken."""

    code = "photo_refused"


class CameraBlind(WebRefusal):
    """There is no picture of this camera now."""

    code = "camera_blind"


class MaskingUnavailable(WebRefusal):
    """Persons and plates can't be blurred now, so the photo is not stored."""

    code = "masking_unavailable"


class BrokerSilent(WebRefusal):
    """Kafka can't be reached."""

    code = "broker_down"


STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    NotAllowed: 403,
    IllegalTransition: 409,
    StaleVersion: 409,
    Claimed: 409,
    ProofMissing: 422,
    NotSignedIn: 401,
    WrongPassword: 401,
    PasswordRefused: 422,
    PasswordMustChange: 403,
    HeaderMissing: 403,
    TooManyAttempts: 429,
    TooManyReports: 429,
    TokenRefused: 401,
    BodyRefused: 422,
    TooLarge: 413,
    PhotoRefused: 422,
    CameraBlind: 503,
    MaskingUnavailable: 503,
    BrokerSilent: 503,
}

_HTTP_ZH = {404: "没有这个地址", 405: "这个地址不支持这种请求", 400: "请求有误"}


def problem(
    status: int,
    code: str,
    zh: str,
    en: str,
    *,
    field: str | None = None,
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem+json answer.

    Args:
        status: HTTP status.
        code: Stable machine word.
        zh: What happened, in Chinese.
        en: What happened, in English.
        field: The wrong field of the request, if one is.
        request_id: Under which the log has more.
        headers: Further headers.
    """
    body: dict[str, Any] = {
        "type": f"urn:yitong:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail_zh": zh,
        "detail_en": en,
    }
    if field is not None:
        body["field"] = field
    if request_id is not None:
        body["request_id"] = request_id
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Register the handlers of all errors on an application."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseDown, _database_down)
    app.add_exception_handler(EvidenceAltered, _evidence_altered)
    app.add_exception_handler(DBAPIError, _unknown)
    app.add_exception_handler(Exception, _unknown)


async def _refusal(_request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, Refusal)  # noqa: S101 - narrows for the type checker
    status = STATUS.get(type(exc), 422)
    log.info("refused", code=exc.code, status=status, reason=exc.en)
    headers = {}
    if isinstance(exc, TooManyAttempts):
        headers["Retry-After"] = str(exc.retry_after_s)
    field = getattr(exc, "field", None)
    return problem(status, exc.code, exc.zh, exc.en, field=field, headers=headers)


async def _invalid(_request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)  # noqa: S101
    first = exc.errors()[0]
    where = [str(part) for part in first["loc"]]
    name = ".".join(where[1:]) or ".".join(where)
    return problem(422, "invalid", f"字段 {name} 有误", f"{name}: {first['msg']}", field=name)


async def _http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)  # noqa: S101
    zh = _HTTP_ZH.get(exc.status_code, "请求未能完成")
    detail = f"{request.method} {request.url.path}: {exc.detail}"
    code = HTTPStatus(exc.status_code).phrase.lower().replace(" ", "_")
    return problem(exc.status_code, code, zh, detail, headers=exc.headers)


async def _database_down(_request: Request, exc: Exception) -> JSONResponse:
    log.warning("database_down", reason=str(exc))
    return problem(
        503,
        "database_down",
        "数据库暂时不可用,请稍后再试",
        "the database can't be reached now, try again in a moment",
        headers={"Retry-After": "2"},
    )


async def _evidence_altered(_request: Request, exc: Exception) -> JSONResponse:
    log.error("evidence_altered", reason=str(exc))
    return problem(
        500,
        "evidence_altered",
        "证据图片在保存后被改动,不予显示,已记入审计",
        "this picture was altered after it was stored; it is not shown, and this is audited",
    )


async def _unknown(request: Request, exc: Exception) -> JSONResponse:
    request_id = getattr(request.state, "request_id", None)
    # As text: renderers that show local variables would write passwords into the log.
    trace = "".join(traceback.format_exception(exc))
    log.error("unexpected_error", path=request.url.path, request_id=request_id, trace=trace)
    return problem(
        500,
        "unexpected",
        f"系统出错,编号 {request_id}",
        f"something went wrong on our side, number {request_id}",
        request_id=request_id,
        headers=SECURITY_HEADERS,
    )
