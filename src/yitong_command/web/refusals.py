"""Refusals at the web's edge that carry more than their words."""

from __future__ import annotations

from yitong_command.errors import Refusal


class WebRefusal(Refusal):
    """A refusal that only exists at the web's edge."""


class TooManyAttempts(WebRefusal):
    """Too many sign-ins were tried.

    Args:
        retry_after_s: Seconds until the next try is worth it.
    """

    code = "too_many_attempts"

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            f"登录尝试过多,请 {retry_after_s} 秒后再试",
            f"too many sign-in attempts, try again in {retry_after_s} s",
        )


class TokenRefused(WebRefusal):
    """A partner's token is not good for this request.

    Args:
        name: The claim or header that is wrong.
        zh: Why, in Chinese.
        en: The same in English.
    """

    code = "token_refused"

    def __init__(self, name: str, zh: str, en: str) -> None:
        self.field = name
        super().__init__(zh, en)


class BodyRefused(WebRefusal):
    """A batch or form can't be taken as a whole.

    Args:
        name: The field that is wrong.
        zh: Why, in Chinese.
        en: The same in English.
        code: Stable machine word.
    """

    def __init__(self, name: str, zh: str, en: str, code: str) -> None:
        self.field = name
        self.code = code
        super().__init__(zh, en)


class TooManyReports(TooManyAttempts):
    """More was sent than one sender may at once."""

    code = "too_many_reports"

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        WebRefusal.__init__(
            self,
            f"上报过于频繁,请 {retry_after_s} 秒后再试",
            f"too many reports, try again in {retry_after_s} s",
        )
