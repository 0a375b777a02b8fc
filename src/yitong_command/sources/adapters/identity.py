"""Nothing that recognises a person comes in: face, body, gait and list alarms are refused.

Looked at are the names of fields and the words of type fields, not what people write: a complaint
about a face-reading gate is a complaint about a gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from yitong_command.sources.adapters.base import Wrong

CODE = "identity_refused"

_NAMES = re.compile(
    r"(?<!sur)(?<!inter)face|人脸|面部|human(?:id|body|attr)|bodyid|人体|pedestrian|reid|行人|gait|步态|"
    r"similarity|相似度|feature(?:vector|data|value)?$|特征值|特征向量|iris|虹膜|fingerprint|指纹|"
    r"voiceprint|声纹|blacklist|whitelist|watchlist|黑名单|布控|名单库|重点人员|"
    r"personid|suspect|嫌疑人|track(?:let)?id|轨迹"
)
_TYPE_FIELDS = re.compile(
    r"type|class|category|event|method|algorithm|类型|类别|类目|事件|算法|code$"
)
_TYPES = re.compile(
    r"(?<!sur)(?<!inter)face|人脸|面部识别|human_?(?:body|attr)|人体|行人识别|身份|identity|gait|步态|blacklist|黑名单|布控|重点人员|"
    r"stranger|陌生人|reid|loiter|徘徊|人员比对|^0x1112$|^0x2902$"
)
MOST_DEEP = 12


def refuse_identity(item: Any) -> None:
    """Refuse an item that carries or announces what recognises a person.

    Raises:
        Wrong: With the code ``identity_refused``, naming the field.
    """
    for name, value in _walk(item, 0):
        plain = re.sub(r"[\s_\-]", "", name).casefold()
        typed = isinstance(value, str) and _TYPE_FIELDS.search(plain)
        if _NAMES.search(plain) or (typed and _TYPES.search(str(value).strip().casefold())):
            raise refused(name)


def refused(name: str) -> Wrong:
    """The refusal of what recognises a person."""
    return Wrong(
        name,
        "本系统不接收人脸、人体、步态、名单等识别个人的报警, 已计数, 内容未保存",
        "alarms that recognise a person (face, body, gait, lists) are not taken; counted, not kept",
        CODE,
    )


def _walk(item: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > MOST_DEEP:
        raise Wrong("", "嵌套过深", "nested too deeply")
    if isinstance(item, Mapping):
        for name, value in item.items():
            yield str(name), value
            yield from _walk(value, depth + 1)
    elif isinstance(item, list | tuple):
        for value in item:
            yield from _walk(value, depth + 1)
