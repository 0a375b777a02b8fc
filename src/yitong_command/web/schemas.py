"""What all response and request models share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that every database can keep: PostgreSQL takes no NUL character."""


class Out(BaseModel):
    """Base of response models: built from the store's views by field name."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class In(BaseModel):
    """Base of request models: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceOut(Out):
    """A place on the ground, degrees."""

    lon: float = Field(examples=[125.3012])
    lat: float = Field(examples=[43.3461])
    crs: Literal["CGCS2000", "WGS84", "GCJ02"] = "CGCS2000"


class BoxOut(Out):
    """An xyxy box in [0, 1] of the view."""

    x0: float = Field(examples=[0.41])
    y0: float = Field(examples=[0.52])
    x1: float = Field(examples=[0.63])
    y1: float = Field(examples=[0.81])


class Problem(BaseModel):
    """Why a request was refused or failed, in both languages (RFC 9457)."""

    type: str = Field(examples=["urn:yitong:problem:stale_version"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["stale_version"])
    detail_zh: str = Field(examples=["案件已被他人更新,请刷新"])
    detail_en: str = Field(examples=["the case was changed by somebody else"])
    field: str | None = Field(None, examples=["version"])
    request_id: str | None = Field(None, examples=["7d0c5c3a8f6b4c5e"])
