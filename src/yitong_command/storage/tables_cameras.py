"""Tables of the cameras: what holds now, and every version there was."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint

from yitong_command.storage.tables_base import HASH, NAME, Json, Serial, UtcTime, metadata

camera_records = Table(
    "camera_records",
    metadata,
    Column("camera_id", NAME, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("author", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed", Boolean, nullable=False),
    # The camera with views and zones, as the wire model writes it.
    Column("definition", Json, nullable=False),
    # User name and password, sealed.
    Column("login", Text),
    # Hashes of what the configuration files last said of the camera and of its zones.
    Column("seed_camera", HASH),
    Column("seed_zones", HASH),
)

camera_versions = Table(
    "camera_versions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("camera_id", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    # camera, zones, login or removed
    Column("change", String(12), nullable=False),
    Column("definition", Json, nullable=False),
    UniqueConstraint("camera_id", "version", name="uq_camera_versions_camera_id"),
    sqlite_autoincrement=True,
)
