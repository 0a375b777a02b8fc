"""The JSON Schema of every topic's messages, and its fields one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from yitong_command.bus.contract.words import meaning
from yitong_command.bus.topics import Topic
from yitong_command.bus.wire import version_of

Schema = dict[str, Any]

OPEN_WORDS: dict[str, Schema] = {
    # An installation adds kinds in rules.yaml: readers must take a word they do not know.
    "IncidentKind": {"type": "string", "pattern": "^[a-z][a-z0-9_]{2,39}$"},
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a topic's messages.

    Attributes:
        path: Dotted name, ``[]`` after a list and ``{}`` after a map: ``camera.zones[].kind``.
        type: Its JSON type in words, for example ``string (date-time) | null``.
        required: False if it has a default and may be missing.
        zh: What it means, in Chinese.
        en: The same in English.
    """

    path: str
    type: str
    required: bool
    zh: str
    en: str


def file_name(topic: Topic) -> str:
    """Name of the topic's schema file, for example ``incidents.v1.json``."""
    return f"{topic.name}.v{version_of(topic.payload)}.json"


def schema_of(topic: Topic) -> Schema:
    """JSON Schema of the values of a topic, with the meaning of every field.

    Fields with a default are not required: a message that was kept since before such a field
    was added is still valid.
    """
    plain = topic.payload.model_json_schema(mode="validation")
    models = {model.__name__: model for model in models_of(topic.payload)}
    definitions = plain.pop("$defs", {})
    for name, definition in definitions.items():
        if name in OPEN_WORDS:
            known = definition["enum"]
            definition.clear()
            definition.update(OPEN_WORDS[name], examples=known)
        _explain(definition, models.get(name))
    _explain(plain, topic.payload)
    for name in ("title", "description"):
        plain.pop(name, None)
    whole = {
        "$schema": DIALECT,
        "$id": f"urn:yitong:schema:{topic.name}:{version_of(topic.payload)}",
        "title": topic.payload.__name__,
        "description": topic.purpose,
        **plain,
    }
    return whole | ({"$defs": definitions} if definitions else {})


def _explain(definition: Schema, model: type[BaseModel] | None) -> None:
    definition.pop("title", None)
    if "description" in definition:
        definition["description"] = definition["description"].split("\n")[0]
    for name, field in definition.get("properties", {}).items():
        field.pop("title", None)
        words = meaning(model, name) if model else None
        if words:
            field["description"] = " / ".join(words)


def models_of(model: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    """A model and all models inside it."""
    found: list[type[BaseModel]] = []

    def visit(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in found:
                found.append(kind)
                for field in kind.model_fields.values():
                    visit(field.annotation)
            return
        for part in get_args(kind):
            visit(part)

    visit(model)
    return tuple(found)


def fields_of(schema: Schema) -> tuple[Field, ...]:
    """Every field of a schema, outer ones first, in the order of the model."""
    return tuple(_walk(schema, schema, "", 0))


def _walk(root: Schema, node: Schema, prefix: str, depth: int) -> Iterator[Field]:
    node = follow(root, node)
    required = set(node.get("required", ()))
    for name, field in node.get("properties", {}).items():
        path = prefix + name
        zh, _, en = field.get("description", "").partition(" / ")
        yield Field(path, type_words(root, field), name in required, zh, en)
        if depth < _DEEPEST:
            for mark, inner in _inside(root, field):
                yield from _walk(root, inner, f"{path}{mark}.", depth + 1)


def _inside(root: Schema, node: Schema) -> Iterator[tuple[str, Schema]]:
    """The objects inside a field, with the mark of how they lie in it."""
    node = follow(root, node)
    for choice in node.get("anyOf", ()):
        yield from _inside(root, choice)
    if "properties" in node:
        yield "", node
    if isinstance(node.get("items"), dict):
        yield from ((f"[]{mark}", inner) for mark, inner in _inside(root, node["items"]))
    if isinstance(node.get("additionalProperties"), dict):
        values = node["additionalProperties"]
        yield from ((f"{{}}{mark}", inner) for mark, inner in _inside(root, values))


def follow(root: Schema, node: Schema) -> Schema:
    """The node, or what it refers to."""
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def type_words(root: Schema, node: Schema) -> str:
    """The type of a field as a person reads it."""
    node = follow(root, node)
    if "anyOf" in node:
        return " | ".join(type_words(root, choice) for choice in node["anyOf"])
    if "const" in node:
        return repr(node["const"]).replace("'", '"').replace("True", "true")
    if "enum" in node:
        return " | ".join(f'"{value}"' for value in node["enum"])
    kind = str(node.get("type", "any"))
    if kind == "array":
        return f"array of {type_words(root, node['items'])}" if node.get("items") else kind
    if kind == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"map of {type_words(root, node['additionalProperties'])}"
    return f"{kind} ({node['format']})" if "format" in node else kind
