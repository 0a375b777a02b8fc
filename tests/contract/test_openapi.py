"""The published REST interface: exported, complete, and in step with the console's copy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from yitong_command.bus.messages import AlertMessage
from yitong_command.storage import views
from yitong_command.web.access import ACCESS
from yitong_command.web.alerts.schemas import Alert
from yitong_command.web.cases.schemas import CaseSummary
from yitong_command.web.gateway.access import RIGHTS
from yitong_command.web.openapi import export, main
from yitong_command.web.tasks.schemas import TaskView

PUBLISHED = Path(__file__).parents[2] / "src/console/src/shared/api/openapi.json"


def document() -> dict[str, Any]:
    return dict(json.loads(export()))


def test_the_console_has_the_newest_document() -> None:
    hint = (
        f"run: python -m yitong_command.web.openapi {PUBLISHED.relative_to(PUBLISHED.parents[5])}"
    )
    assert PUBLISHED.read_text(encoding="utf-8") == export(), hint


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new" / "openapi.json"
    monkeypatch.setattr(sys, "argv", ["openapi", str(target)])
    assert main() == 0
    assert target.read_text(encoding="utf-8") == export()


def test_every_address_with_an_access_rule_is_described() -> None:
    described = {
        (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method in operations
    }
    hidden = {"/health/live", "/health/ready", "/metrics", "/api/openapi.json"}
    ruled = {*ACCESS, *RIGHTS}
    assert described == {(method, path) for method, path in ruled if path not in hidden}


def test_every_operation_says_how_it_fails() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            failing = operation["responses"]["default"]["content"]
            assert "application/problem+json" in failing, (method, path)


def test_every_reference_leads_somewhere() -> None:
    text = export()
    schemas = json.loads(text)["components"]["schemas"]
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(schemas)
    assert {"AlertMessage", "CaseMessage", "TaskMessage", "CameraStateMessage", "Problem"} <= names


def test_an_alert_is_the_same_in_the_list_and_in_the_feed() -> None:
    assert set(Alert.model_fields) == set(AlertMessage.model_fields)


def test_the_store_gives_every_field_that_is_published() -> None:
    for model, view in (
        (CaseSummary, views.CaseSummary),
        (TaskView, views.TaskView),
        (Alert, views.AlertView),
    ):
        assert set(model.model_fields) == set(view.__dataclass_fields__), model
