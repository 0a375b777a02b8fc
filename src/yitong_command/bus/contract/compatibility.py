"""What may change in a schema without a new version.

Within one version a message may gain fields that have a default, and nothing else: readers made
for the published schema go on reading, and messages that were kept go on being valid. Words,
examples and defaults that are only told to people may change freely. Everything else (a field
removed, renamed, newly required or no longer required, another type, other allowed values,
another bound) needs a new ``schema_version``. Vocabularies that an installation extends are open
strings in the schema, so that a new word in them breaks nobody.
"""

from __future__ import annotations

from typing import Any

from yitong_command.bus.contract.shapes import Schema, follow

_TOLD = {"description", "title", "examples", "default", "$schema", "$id", "$defs", "$ref"}
_LOOKED_INTO = {"properties", "required", "items", "prefixItems", "additionalProperties", "anyOf"}
_DEEPEST = 20


def breaks(topic: str, published: Schema, now: Schema) -> tuple[str, ...]:
    """Every breaking difference, each naming topic and field; empty if there is none.

    Args:
        topic: Name of the topic, for the text.
        published: The schema that readers were given.
        now: The schema as it is.
    """
    return _Comparison(topic, published, now).found()


class _Comparison:
    def __init__(self, topic: str, old: Schema, new: Schema) -> None:
        self._topic = topic
        self._old = old
        self._new = new
        self._found: list[str] = []

    def found(self) -> tuple[str, ...]:
        self._compare("", self._old, self._new, 0)
        return tuple(self._found)

    def _say(self, path: str, zh: str, en: str) -> None:
        self._found.append(f"{self._topic}: {path or '(message)'}: {zh} / {en}")

    def _compare(self, path: str, old: Schema, new: Schema, depth: int) -> None:
        old, new = follow(self._old, old), follow(self._new, new)
        if depth > _DEEPEST:
            return
        for word in sorted((set(old) | set(new)) - _TOLD - _LOOKED_INTO):
            self._plain(path, word, old.get(word), new.get(word))
        self._properties(path, old, new, depth)
        self._choices(path, old.get("anyOf"), new.get("anyOf"), depth)
        for word in ("items", "additionalProperties"):
            self._inner(path, word, old.get(word), new.get(word), depth)
        tuples = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(tuples[0]) != len(tuples[1]):
            self._say(path, "元素个数变了", "another number of elements")
        for place, (before, after) in enumerate(zip(*tuples, strict=False)):
            self._compare(f"{path}[{place}]", before, after, depth + 1)

    def _plain(self, path: str, word: str, old: Any, new: Any) -> None:
        if isinstance(old, list) and isinstance(new, list):
            if gone := [value for value in old if value not in new]:
                self._say(path, f"不再允许 {gone}", f"{word} no longer allows {gone}")
            if more := [value for value in new if value not in old]:
                self._say(
                    path, f"新增取值 {more}", f"{word} also allows {more}, unknown to readers"
                )
        elif old != new:
            self._say(path, f"{word} 由 {old!r} 变为 {new!r}", f"{word} was {old!r}, is {new!r}")

    def _properties(self, path: str, old: Schema, new: Schema, depth: int) -> None:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in after:
                self._say(_join(path, name), "字段被删除", "the field was removed")
            else:
                self._compare(_join(path, name), before[name], after[name], depth + 1)
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(needs - needed):
            new_field = "" if name in before else "new "
            self._say(_join(path, name), "变为必填", f"a {new_field}field is required now")
        for name in sorted((needed - needs) & set(after)):
            self._say(_join(path, name), "不再必填", "the field may be missing now")

    def _choices(self, path: str, old: Any, new: Any, depth: int) -> None:
        if old is None and new is None:
            return
        if old is None or new is None or len(old) != len(new):
            self._say(path, "可选的类型变了", "other types are allowed")
            return
        for before, after in zip(old, new, strict=True):
            self._compare(path, before, after, depth + 1)

    def _inner(self, path: str, word: str, old: Any, new: Any, depth: int) -> None:
        mark = "[]" if word == "items" else "{}" if path else ""
        if isinstance(old, dict) and isinstance(new, dict):
            self._compare(path + mark, old, new, depth + 1)
        elif old != new:
            self._say(path + mark, f"{word} 变了", f"{word} was {old!r}, is {new!r}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
