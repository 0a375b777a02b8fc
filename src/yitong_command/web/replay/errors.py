"""Why a replay is not made."""

from __future__ import annotations

from yitong_command.web.errors import STATUS, WebRefusal


class ReplayBusy(WebRefusal):
    """Another replay is running; each takes a whole processor for a while."""

    code = "replay_busy"


class ReplayRefused(WebRefusal):
    """A changed file is wrong, or what is recorded can't be read; the words say which."""

    code = "replay_refused"


STATUS |= {ReplayBusy: 409, ReplayRefused: 422}
