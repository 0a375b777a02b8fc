"""The topics as published: files in step with the code, valid, complete, explained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from typer.testing import CliRunner

from yitong_command.bus.contract.files import contract_files, differences, write
from yitong_command.bus.contract.samples import sample
from yitong_command.bus.contract.shapes import fields_of, file_name, models_of, schema_of
from yitong_command.bus.contract.words import FIELD_WORDS, TOPIC_WORDS
from yitong_command.bus.topics import TOPICS, Topic
from yitong_command.bus.wire import decode, event_type, headers
from yitong_command.cli.app import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "streams"
OFFICIAL = ROOT / "src/console/node_modules/@asyncapi/specs/schemas/3.0.0.json"
HINT = "run: yitong topics contract --write"

each_topic = pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)


def published(name: str) -> Any:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return yaml.safe_load(text) if name.endswith(".yaml") else json.loads(text)


def test_the_committed_files_are_those_of_the_code() -> None:
    assert differences(FOLDER) == (), HINT


def test_a_file_that_differs_is_found_and_mended(tmp_path: Path) -> None:
    assert set(write(tmp_path)) == set(contract_files())
    (tmp_path / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n", encoding="utf-8")
    (tmp_path / "schemas/gone.v1.json").write_text("{}", encoding="utf-8")
    (tmp_path / "examples/cases.json").unlink()
    wrong = ("asyncapi.yaml", "examples/cases.json", "schemas/gone.v1.json")
    assert differences(tmp_path) == wrong
    assert write(tmp_path) == wrong
    assert differences(tmp_path) == ()


def test_asyncapi_is_valid_by_the_official_schema() -> None:
    if not OFFICIAL.exists():
        pytest.skip("@asyncapi/specs is not there: (cd src/console && npm ci)")
    validator = Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))
    document = published("asyncapi.yaml")
    assert [error.message for error in validator.iter_errors(document)] == []
    document["channels"]["cases"]["adress"] = "typo"
    assert list(validator.iter_errors(document)), "the official schema would let anything pass"


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = published("asyncapi.yaml")
    references = set(_references(document))
    assert len(references) > 3 * len(TOPICS)
    for reference in references:
        file, _, path = reference.partition("#")
        assert not file or (FOLDER / file).is_file(), reference
        node: Any = {} if file else document
        for step in path.strip("/").split("/") if path else ():
            node = node[step]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


def test_the_document_has_every_topic_as_the_table_has_it() -> None:
    channels = published("asyncapi.yaml")["channels"]
    assert set(channels) == set(TOPICS)
    for name, topic in TOPICS.items():
        kafka = channels[name]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        policy = kafka["topicConfiguration"]["cleanup.policy"]
        assert policy == ["compact" if topic.compacted else "delete"]


@each_topic
def test_the_example_is_valid_and_decodes(topic: Topic) -> None:
    schema, example = (
        published(f"schemas/{file_name(topic)}"),
        published(f"examples/{topic.name}.json"),
    )
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(example)] == []
    again = decode(topic.payload, json.dumps(example).encode())
    assert again == sample(topic)
    assert again.key
    wrong = {name: [] for name in example}
    assert list(validator.iter_errors(wrong)), "the schema would let anything pass"


@each_topic
def test_the_documents_example_is_what_is_sent(topic: Topic) -> None:
    message = published("asyncapi.yaml")["components"]["messages"][topic.name]
    example = message["examples"][0]
    assert example["payload"] == published(f"examples/{topic.name}.json")
    assert example["headers"]["ce_type"] == event_type(topic.payload) == message["name"]
    names = {name for name, _ in headers(sample(topic), sample_time(), "/yitong/test")}
    described = published("asyncapi.yaml")["components"]["schemas"]["CloudEventHeaders"]
    assert names == set(described["properties"]) == set(example["headers"])


def sample_time() -> Any:
    return sample(TOPICS["incidents"]).changed_at  # type: ignore[attr-defined]


@each_topic
def test_every_field_is_explained_in_both_languages(topic: Topic) -> None:
    found = fields_of(schema_of(topic))
    assert {field.path for field in found} >= set(topic.payload.model_fields)
    hint = "add it to bus/contract/words.py"
    assert [field.path for field in found if not (field.zh and field.en)] == [], hint
    assert topic.name in TOPIC_WORDS, hint


def test_no_word_explains_a_field_that_is_not_there() -> None:
    models = {model for topic in TOPICS.values() for model in models_of(topic.payload)}
    fields = {name for model in models for name in model.model_fields}
    own = {f"{model.__name__}.{name}" for model in models for name in model.model_fields}
    for name in FIELD_WORDS:
        assert name in own or (name.startswith("*.") and name[2:] in fields), name
    assert set(TOPIC_WORDS) == set(TOPICS)


def test_the_command_says_what_differs(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["topics", "contract"]).exit_code == 0
    shutil.copytree(FOLDER / "schemas", tmp_path / "schemas")
    bad = run(app, ["topics", "contract", "--to", str(tmp_path)])
    assert bad.exit_code == 1
    assert "asyncapi.yaml" in bad.output
    assert "cases.v1.json" not in bad.output
    assert run(app, ["topics", "contract", "--write", "--to", str(tmp_path)]).exit_code == 0


@each_topic
def test_the_command_describes_a_topic(topic: Topic) -> None:
    result = CliRunner().invoke(app, ["topics", "describe", topic.name], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert TOPIC_WORDS[topic.name] in result.output
    assert all(name in result.output for name in topic.payload.model_fields)
    assert event_type(topic.payload) in result.output


def test_an_unknown_topic_is_named_with_those_that_there_are() -> None:
    result = CliRunner().invoke(app, ["topics", "describe", "nonsense"])
    assert result.exit_code == 2
    assert "nonsense" in result.output
    assert "camera-states" in result.output
