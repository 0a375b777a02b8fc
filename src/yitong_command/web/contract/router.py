"""The topics and their newest messages."""

from __future__ import annotations

from fastapi import APIRouter

from yitong_command.bus.topics import TOPICS
from yitong_command.errors import NotFound
from yitong_command.web.contract.schemas import SampleOut, Topics
from yitong_command.web.contract.service import described, newest_shown
from yitong_command.web.deps import WebDep

router = APIRouter(tags=["contract"])


@router.get("/api/topics")
async def topics(web: WebDep) -> Topics:
    """Every topic with its fields and an example, as published."""
    prefix = web.settings.topic_prefix
    return Topics(items=tuple(described(topic, prefix) for topic in TOPICS.values()))


@router.get("/api/topics/{name}/sample")
async def sample(name: str, web: WebDep) -> SampleOut:
    """The newest message of a topic.

    Logins, bytes that could not be decoded and whatever is about key-population cases are never
    shown.
    """
    if name not in TOPICS:
        raise NotFound("没有这个主题", "there is no such topic")
    return await newest_shown(web, TOPICS[name])
