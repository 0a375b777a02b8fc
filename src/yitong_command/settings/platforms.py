"""Partner platforms, places of QR codes and the public report page, from ``platforms.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from yitong_command.domain.geometry import Place
from yitong_command.domain.report import CITIZEN_PLATFORM, WORKER_PLATFORM
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Group, Taxonomy, Words
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

CITIZEN_SOURCE = "resident_wechat"
WORKER_SOURCE = "worker"


@dataclass(frozen=True, slots=True)
class Platform:
    """One partner that may send reports.

    Attributes:
        platform_id: Its word in addresses, tokens and messages.
        name: Its names.
        adapter: Which adapter reads what it sends.
        source: Taxonomy source of everything it sends.
        crs: Coordinate system of its numbers where an item names none; "" if each must.
        per_minute: Items it may send in a minute.
        codes: Its class codes, to ours; a code that is not there is left to a person.
    """

    platform_id: str
    name: Words
    adapter: str
    source: str
    crs: str
    per_minute: int
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SpotPlace:
    """A place with a QR code on it.

    Attributes:
        code: What the QR code says.
        name: What it is called.
        place: Where it is.
    """

    code: str
    name: Words
    place: Place


@dataclass(frozen=True, slots=True)
class Choice:
    """One category in the words of people who never heard of it.

    Attributes:
        code: Category and subtype.
        words: The plain words.
    """

    code: str
    words: Words


@dataclass(frozen=True, slots=True)
class Platforms:
    """Everything from ``platforms.yaml``.

    Attributes:
        partners: By their word.
        spots: Places with QR codes, by code.
        choices: What the public page offers, in order.
    """

    partners: Mapping[str, Platform]
    spots: Mapping[str, SpotPlace]
    choices: tuple[Choice, ...]


class _Partner(Strict):
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field(min_length=1, max_length=60)
    adapter: str
    source: str
    crs: str = ""
    per_minute: int = Field(600, ge=1, le=60_000)
    codes: dict[str, str] = {}


class _Spot(Strict):
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field(min_length=1, max_length=60)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


class _Choice(Strict):
    code: str
    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=60)


class _File(Strict):
    version: int
    partners: dict[str, _Partner] = {}
    spots: dict[str, _Spot] = {}
    choices: list[_Choice] = []


def load_platforms(folder: Path, taxonomy: Taxonomy, adapters: frozenset[str]) -> Platforms:
    """The partners, checked against the taxonomy; without the file there are none.

    Args:
        folder: Configuration folder.
        taxonomy: What their codes must lead to.
        adapters: Names of all adapters.

    Raises:
        ConfigError: Naming file and key.
    """
    path = folder / "platforms.yaml"
    if not path.exists():
        return Platforms({}, {}, ())
    file = check(_File, path, read_yaml(path))
    for word, entry in file.partners.items():
        _check_partner(path, word, entry, taxonomy, adapters)
    for code in file.spots:
        if not code.replace("-", "").isalnum() or not code.isascii() or len(code) > 32:
            raise ConfigError(str(path), f"spots.{code}", "letters, digits and hyphens, 32 at most")
    for index, choice in enumerate(file.choices):
        problem = _refused(choice.code, CITIZEN_SOURCE, taxonomy)
        if problem:
            raise ConfigError(str(path), f"choices.{index}.code", problem)
    return Platforms(
        {word: _partner(word, entry) for word, entry in file.partners.items()},
        {
            code: SpotPlace(code, Words(spot.name_zh, spot.name_en), Place(spot.lon, spot.lat))
            for code, spot in file.spots.items()
        },
        tuple(Choice(entry.code, Words(entry.zh, entry.en)) for entry in file.choices),
    )


def _partner(word: str, entry: _Partner) -> Platform:
    return Platform(
        word, Words(entry.name_zh, entry.name_en), entry.adapter, entry.source, entry.crs,
        entry.per_minute, entry.codes,
    )  # fmt: skip


def _check_partner(
    path: Path, word: str, entry: _Partner, taxonomy: Taxonomy, adapters: frozenset[str]
) -> None:
    key = f"partners.{word}"
    plain = word.replace("-", "")
    if not (plain.isalnum() and plain.islower() and word.isascii() and 2 <= len(word) <= 32):
        raise ConfigError(str(path), key, "small letters, digits and hyphens, 2 to 32")
    if word in {CITIZEN_PLATFORM, WORKER_PLATFORM}:
        raise ConfigError(str(path), key, "this word is the system's own")
    if entry.adapter not in adapters:
        known = ", ".join(sorted(adapters))
        raise ConfigError(str(path), f"{key}.adapter", f"no adapter {entry.adapter!r}: {known}")
    if entry.source not in taxonomy.sources:
        raise ConfigError(str(path), f"{key}.source", f"no source {entry.source!r}")
    for code, ours in entry.codes.items():
        problem = _refused(ours, entry.source, taxonomy)
        if problem:
            raise ConfigError(str(path), f"{key}.codes.{code}", problem)


def _refused(code: str, source: str, taxonomy: Taxonomy) -> str | None:
    found = taxonomy.find(code)
    if found is None:
        return f"no category {code!r} in taxonomy.yaml"
    category, _ = found
    if category.group is Group.KEY_POPULATION and source in CAMERA_SOURCES | {CITIZEN_SOURCE}:
        return f"重点人群类别不接受此来源 / key population is never reported by {source}"
    if source not in category.sources:
        return f"{category.code} does not take the source {source}"
    return None
