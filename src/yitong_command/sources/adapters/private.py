"""Numbers that belong to a person, taken out of what people wrote."""

from __future__ import annotations

import re

_ID_CARD = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
HIDDEN = "〔号码已隐去〕"


def without_numbers(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without identity-card and mobile numbers, and the mobile numbers.

    Identity-card numbers are forgotten: nobody who is sent needs one.
    """
    text = _ID_CARD.sub(HIDDEN, text)
    phones = tuple(_PHONE.findall(text))
    return _PHONE.sub(HIDDEN, text), phones
