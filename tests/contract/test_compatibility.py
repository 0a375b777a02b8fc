"""What breaks readers is found, named with topic and field, and never published."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from yitong_command.bus.contract.compatibility import breaks
from yitong_command.bus.contract.files import PUBLISHED, broken, publish
from yitong_command.bus.contract.shapes import file_name, schema_of
from yitong_command.bus.topics import ALERTS, CAMERA_STATES, CAMERAS, INCIDENTS, TOPICS, Topic
from yitong_command.bus.wire import decode, event_type
from yitong_command.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "streams"
RECORDED = Path(__file__).parent / "recorded"
HEADERS = {
    "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type",
}  # fmt: skip
Schema = dict[str, Any]


def test_the_code_breaks_nothing_that_was_published() -> None:
    there = {path.name for path in (FOLDER / PUBLISHED).glob("*.json")}
    assert there >= {file_name(topic) for topic in (INCIDENTS, ALERTS, CAMERA_STATES)}
    assert broken(FOLDER) == ()


def _drop(schema: Schema) -> None:
    del schema["properties"]["score"]


def _rename(schema: Schema) -> None:
    schema["properties"]["confidence"] = schema["properties"].pop("score")


def _new_required(schema: Schema) -> None:
    schema["properties"]["weather"] = {"type": "string"}
    schema["required"].append("weather")


def _now_required(schema: Schema) -> None:
    schema["required"].append("score")


def _no_longer_required(schema: Schema) -> None:
    schema["required"].remove("camera_id")


def _narrower_type(schema: Schema) -> None:
    schema["properties"]["score"]["type"] = "integer"


def _narrower_bound(schema: Schema) -> None:
    schema["properties"]["score"]["maximum"] = 0.5


def _shorter(schema: Schema) -> None:
    schema["properties"]["subject"]["maxLength"] = 20


def _other_pattern(schema: Schema) -> None:
    schema["properties"]["category"]["pattern"] = "^x$"


def _not_null(schema: Schema) -> None:
    schema["properties"]["box"] = schema["properties"]["box"]["anyOf"][0]


def _fewer_words(schema: Schema) -> None:
    schema["$defs"]["Change"]["enum"].remove("cleared")


def _more_words(schema: Schema) -> None:
    schema["$defs"]["Change"]["enum"].append("forgotten")


def _inner_gone(schema: Schema) -> None:
    del schema["$defs"]["EvidenceModel"]["properties"]["width"]


def _inner_required(schema: Schema) -> None:
    schema["$defs"]["PlaceModel"]["required"].append("crs")


def _other_format(schema: Schema) -> None:
    del schema["properties"]["began_at"]["format"]


def _list_of_others(schema: Schema) -> None:
    schema["properties"]["evidence"]["items"] = {"type": "string"}


def _closed(schema: Schema) -> None:
    schema["additionalProperties"] = False


BREAKING: list[tuple[Callable[[Schema], None], str]] = [
    (_drop, "score"),
    (_rename, "score"),
    (_new_required, "weather"),
    (_now_required, "score"),
    (_no_longer_required, "camera_id"),
    (_narrower_type, "score"),
    (_narrower_bound, "score"),
    (_shorter, "subject"),
    (_other_pattern, "category"),
    (_not_null, "box"),
    (_fewer_words, "change"),
    (_more_words, "change"),
    (_inner_gone, "evidence[].width"),
    (_inner_required, "place.crs"),
    (_other_format, "began_at"),
    (_list_of_others, "evidence[]"),
    (_closed, "(message)"),
]


@pytest.mark.parametrize(("change", "field"), BREAKING, ids=lambda v: getattr(v, "__name__", ""))
def test_a_breaking_change_is_named(change: Callable[[Schema], None], field: str) -> None:
    old = schema_of(INCIDENTS)
    new = copy.deepcopy(old)
    change(new)
    found = breaks("incidents", old, new)
    assert found
    assert all(line.startswith("incidents: ") for line in found)
    assert any(field in line for line in found), found


def _new_optional(schema: Schema) -> None:
    schema["properties"]["weather"] = {"type": "string", "default": ""}


def _new_optional_inside(schema: Schema) -> None:
    schema["$defs"]["EvidenceModel"]["properties"]["lens"] = {"type": "string", "default": ""}


def _other_words(schema: Schema) -> None:
    schema["properties"]["score"]["description"] = "differently said"
    schema["description"] = "differently said"


def _moved_apart(schema: Schema) -> None:
    schema["properties"]["place"] = {"$ref": "#/$defs/Where"}
    schema["$defs"]["Where"] = schema["$defs"].pop("PlaceModel")


def _new_kind(schema: Schema) -> None:
    schema["$defs"]["IncidentKind"]["examples"].append("a_kind_of_our_own")


@pytest.mark.parametrize(
    "change",
    [_new_optional, _new_optional_inside, _other_words, _moved_apart, _new_kind],
    ids=lambda change: change.__name__,
)
def test_an_additive_change_is_no_breach(change: Callable[[Schema], None]) -> None:
    old = schema_of(INCIDENTS)
    new = copy.deepcopy(old)
    change(new)
    assert new != old
    assert breaks("incidents", old, new) == ()


def test_publishing_refuses_what_breaks_readers(tmp_path: Path) -> None:
    assert set(publish(tmp_path)) == {file_name(topic) for topic in TOPICS.values()}
    assert publish(tmp_path) == ()
    path = tmp_path / PUBLISHED / file_name(CAMERAS)
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["$defs"]["ZoneModel"]["properties"]["colour"] = {"type": "string"}
    path.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cameras: camera\.zones\[\]\.colour"):
        publish(tmp_path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=file_name(CAMERAS)):
        broken(tmp_path)


def test_a_published_topic_is_not_just_dropped(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / PUBLISHED / "weather.v1.json").write_text("{}", encoding="utf-8")
    assert any(line.startswith("weather: ") for line in broken(tmp_path))


def recorded() -> list[tuple[str, Topic, list[Schema]]]:
    return [
        (path.name, TOPICS[path.name.split(".")[0]],
         [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
        for path in sorted(RECORDED.glob("*.jsonl"))
    ]  # fmt: skip


def test_messages_of_every_published_topic_were_recorded() -> None:
    published = {path.stem for path in (FOLDER / PUBLISHED).glob("*.json")}
    assert {name.removesuffix(".jsonl") for name, _, _ in recorded()} == published
    assert all(lines for _, _, lines in recorded())


@pytest.mark.parametrize(("name", "topic", "lines"), recorded(), ids=lambda v: str(v)[:40])
def test_what_was_recorded_still_decodes(name: str, topic: Topic, lines: list[Schema]) -> None:
    current = name == file_name(topic) + "l"
    validator = Draft202012Validator(schema_of(topic))
    for line in lines:
        message = decode(topic.payload, json.dumps(line["value"]).encode())
        assert message.key == line["key"]
        known = message.model_dump(mode="json")
        assert {key: known[key] for key in line["value"]} == line["value"], name
        if current:
            assert set(line["headers"]) == HEADERS
            assert line["headers"]["ce_type"] == event_type(topic.payload)
            assert [error.message for error in validator.iter_errors(line["value"])] == []
