"""The keys of a zone that say for which vehicles and when its ban holds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from yitong_command.domain.ban import DAYS, Ban, Permit, Span, read_hours, weekly_spans
from yitong_command.domain.clock import CHINA
from yitong_command.domain.terms import Terms
from yitong_command.settings.files import Strict

KEYS = ("vehicles", "hours", "days", "permits")

Label = Literal["car", "bus", "truck", "motorcycle", "bicycle"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _span(value: Any) -> Span:
    if isinstance(value, str):
        return read_hours(value)
    raise ValueError(f'须写成 / must be written "07:00-09:30": {value!r}')


def _with_time(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and len(value) > len("2026-11-23")):
        return value
    raise ValueError(f"须写明日期和时刻 / needs date and time: {value}")


def _local(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=CHINA)


Hours = Annotated[Span, BeforeValidator(_span)]
Moment = Annotated[datetime, BeforeValidator(_with_time), AfterValidator(_local)]
"""Without an offset it is a time in China."""


class _PermitFile(Strict):
    begins_at: Moment = Field(alias="from")
    ends_at: Moment = Field(alias="until")
    note: str = ""

    @model_validator(mode="after")
    def _lasts(self) -> _PermitFile:
        if self.begins_at >= self.ends_at:
            raise ValueError("until 须晚于 from / until must be later than from")
        return self


class TermsFile(Strict):
    """Keys of a zone; all may be left out."""

    vehicles: tuple[Label, ...] | None = Field(None, min_length=1)
    hours: tuple[Hours, ...] | None = Field(None, min_length=1)
    days: tuple[Day, ...] | None = Field(None, min_length=1)
    permits: tuple[_PermitFile, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """Those of the keys that the file has."""
        return tuple(key for key in KEYS if key in self.model_fields_set)

    @property
    def terms(self) -> Terms:
        """What they say."""
        days = [DAYS.index(day) for day in self.days or DAYS]
        return Terms(
            vehicles=None if self.vehicles is None else frozenset(self.vehicles),
            ban=Ban(
                weekly_spans(self.hours or (), days),
                tuple(Permit(p.begins_at, p.ends_at, p.note) for p in self.permits),
            ),
        )
