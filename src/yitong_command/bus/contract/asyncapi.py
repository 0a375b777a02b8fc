"""The topics as an AsyncAPI 3.0 document."""

from __future__ import annotations

from typing import Any

from yitong_command import __version__
from yitong_command.bus.contract.samples import SAMPLE_AT, SAMPLE_SOURCE, sample
from yitong_command.bus.contract.shapes import file_name
from yitong_command.bus.contract.words import TOPIC_WORDS
from yitong_command.bus.topics import INCIDENTS, TOPICS, Topic
from yitong_command.bus.wire import event_type, headers

Json = dict[str, Any]
PREFIX = "yitong"
_BINDING = "0.5.0"
_CE = {
    "ce_specversion": "CloudEvents 1.0",
    "ce_id": "the same however often the message is sent",
    "ce_type": "what it is, with the version of its schema",
    "ce_source": "the part that sent it",
    "ce_subject": "what it is about",
    "ce_time": "when the fact happened",
    "content-type": "of the value; missing where the value is null",
}


def document() -> Json:
    """The whole document; payloads refer to the files in ``schemas/``."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "yitong-command",
            "version": __version__,
            "description": (
                "基层治理指挥中心的 Kafka 主题: UTF-8 JSON 值, CloudEvents 1.0 二进制头。读者须忽略"
                "未知字段; 同一消息可能重复到达, ce_id 不变。\n\n"
                "Kafka topics of the command centre: UTF-8 JSON values, CloudEvents 1.0 headers in "
                "binary mode. Readers ignore fields they do not know; a message may arrive twice, "
                "with the same ce_id."
            ),
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "{address}",
                "protocol": "kafka",
                "variables": {"address": {"default": "127.0.0.1:9092"}},
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS.values()},
        "operations": _operations(),
        "components": {
            "messages": {topic.name: _message(topic) for topic in TOPICS.values()},
            "schemas": {"CloudEventHeaders": _header_schema()},
        },
    }


def _channel(topic: Topic) -> Json:
    kept: Json = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    if not topic.compacted:
        kept["retention.ms"] = topic.retention_ms
    return {
        "address": f"{PREFIX}.{topic.name}",
        "description": _both(topic),
        "messages": {"message": {"$ref": f"#/components/messages/{topic.name}"}},
        "bindings": {
            "kafka": {
                "topic": f"{PREFIX}.{topic.name}",
                "partitions": topic.partitions,
                "topicConfiguration": kept,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations() -> Json:
    found = {f"send-{topic.name}": _operation(topic, "send", "sends") for topic in TOPICS.values()}
    found["receive-incidents"] = _operation(INCIDENTS, "receive", "takes")
    return found


def _operation(topic: Topic, action: str, verb: str) -> Json:
    channel = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"the command centre {verb} {topic.name}",
        "messages": [{"$ref": f"{channel}/messages/message"}],
    }


def _message(topic: Topic) -> Json:
    message = sample(topic)
    sent = headers(message, SAMPLE_AT, SAMPLE_SOURCE)
    return {
        "name": event_type(topic.payload),
        "title": topic.payload.__name__,
        "summary": _both(topic),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"$ref": f"schemas/{file_name(topic)}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key, "examples": [message.key]},
                "bindingVersion": _BINDING,
            }
        },
        "examples": [
            {
                "headers": {name: value.decode() for name, value in sent},
                "payload": message.model_dump(mode="json"),
            }
        ],
    }


def _header_schema() -> Json:
    return {
        "type": "object",
        "required": [name for name in _CE if name.startswith("ce_")],
        "properties": {name: {"type": "string", "description": what} for name, what in _CE.items()},
    }


def _both(topic: Topic) -> str:
    return f"{TOPIC_WORDS.get(topic.name, topic.purpose)} / {topic.purpose}"
