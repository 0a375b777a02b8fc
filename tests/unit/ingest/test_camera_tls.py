"""Whose certificates are believed, from the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.errors import ConfigError
from yitong_command.ingest.camera_tls import load_tls
from yitong_command.settings.environment import load_settings

PIN = "ab" * 32


def settings(**values: str):  # type: ignore[no-untyped-def]
    return load_settings({f"YITONG_{name}": value for name, value in values.items()})


def test_by_default_every_certificate_is_checked() -> None:
    policy = load_tls(settings())
    assert not policy.unchecked("cam-001")
    assert policy.context("cam-001").check_hostname


def test_a_pinned_camera_is_checked_even_where_the_others_are_not(tmp_path: Path) -> None:
    pins = tmp_path / "pins.yaml"
    pins.write_text(f"cam-001: '{':'.join(['AB'] * 32)}'\n")
    policy = load_tls(settings(CAMERA_PINS=str(pins), CAMERA_TLS="insecure"))
    assert not policy.unchecked("cam-001")
    assert policy.unchecked("cam-002")


@pytest.mark.parametrize("text", ["cam-001: beef", "- a", f"cam-001: [{PIN}]"])
def test_a_wrong_pin_names_file_and_camera(tmp_path: Path, text: str) -> None:
    pins = tmp_path / "pins.yaml"
    pins.write_text(text)
    with pytest.raises(ConfigError, match=r"pins\.yaml"):
        load_tls(settings(CAMERA_PINS=str(pins)))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_wrong_ca_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match="YITONG_CAMERA_CA_FILE"):
        load_tls(settings(CAMERA_CA_FILE=str(path)))
