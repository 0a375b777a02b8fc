"""Topics described, and the newest message of each as far as a screen may have it."""

from __future__ import annotations

from functools import cache
from typing import Any

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.contract.samples import SAMPLE_AT, SAMPLE_SOURCE, sample
from yitong_command.bus.contract.shapes import fields_of, schema_of
from yitong_command.bus.contract.words import KEY_WORDS, TOPIC_WORDS
from yitong_command.bus.messages import DeadLetter, Message, TaskMessage
from yitong_command.bus.tail import Seen, newest
from yitong_command.bus.topics import DAY_MS, Topic, topic_name
from yitong_command.bus.wire import event_type, headers, version_of
from yitong_command.domain.taxonomy import Group
from yitong_command.errors import BrokerDown, ConfigError, NotFound
from yitong_command.storage.cases import get_case
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web
from yitong_command.web.contract.schemas import FieldOut, SampleOut, TopicOut
from yitong_command.web.errors import BrokerSilent

HIDDEN = "•••"
SECRETS: dict[type[Message], tuple[str, ...]] = {
    # A dead letter holds whatever came, and its reason may quote it.
    DeadLetter: ("key_b64", "value_b64", "reason"),
    CameraMessage: ("login",),
}


@cache
def described(topic: Topic, prefix: str) -> TopicOut:
    """A topic with all its fields and its example."""
    example = sample(topic)
    sent = headers(example, SAMPLE_AT, SAMPLE_SOURCE)
    return TopicOut(
        name=topic.name,
        full_name=topic_name(topic, prefix),
        purpose_zh=TOPIC_WORDS[topic.name],
        purpose_en=topic.purpose,
        key_zh=KEY_WORDS.get(topic.key, topic.key),
        key_en=topic.key,
        event_type=event_type(topic.payload),
        version=version_of(topic.payload),
        partitions=topic.partitions,
        retention_days=None if topic.compacted else topic.retention_ms // DAY_MS,
        compacted=topic.compacted,
        fields=tuple(FieldOut.model_validate(field) for field in fields_of(schema_of(topic))),
        example=example.model_dump(mode="json"),
        example_headers={name: value.decode() for name, value in sent},
    )


async def newest_shown(web: Web, topic: Topic) -> SampleOut:
    """The newest message of a topic that may be shown.

    Raises:
        BrokerSilent: If Kafka can't be reached.
        NotFound: If the topic was not made yet.
    """
    try:
        records = await newest(web.settings.kafka, web.settings.topic_prefix, topic)
    except BrokerDown as exc:
        raise BrokerSilent("消息代理连不上", str(exc)) from exc
    except ConfigError as exc:
        raise NotFound("这个主题还没有创建", "this topic was not made yet") from exc
    for seen in records:
        if seen.message is None or await _may_be_shown(web, seen.message):
            return _shown(topic, seen)
    return SampleOut(topic=topic.name)


async def _may_be_shown(web: Web, message: Message) -> bool:
    """False for whatever is about key population, and where that can't be known."""
    category = getattr(message, "category", None)
    if isinstance(message, TaskMessage):
        try:
            async with transaction(web.readers) as session:
                case = await get_case(session, message.case_id)
        except NotFound:
            return False
        category = case.category
    if category is None:
        return True
    found = web.county.taxonomy.categories.get(category.partition(".")[0])
    return found is not None and found.group is not Group.KEY_POPULATION


def _shown(topic: Topic, seen: Seen) -> SampleOut:
    value, withheld = _without_secrets(seen)
    return SampleOut(
        topic=topic.name,
        partition=seen.partition,
        offset=seen.offset,
        at=seen.at,
        key=seen.key if seen.message else None,
        # What can't be decoded may be anything: not even its key and headers are shown.
        headers=seen.headers if seen.message else {},
        value=value,
        problem=seen.problem,
        removed=seen.value is None,
        withheld=withheld,
    )


def _without_secrets(seen: Seen) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    if seen.message is None:
        return None, ("value",) if seen.problem else ()
    names = SECRETS.get(type(seen.message), ())
    value = seen.message.model_dump(mode="json")
    withheld = tuple(name for name in names if value.get(name))
    return value | dict.fromkeys(withheld, HIDDEN), withheld
