"""Why a session with a camera ended."""

from __future__ import annotations

import errno
import ssl

from yitong_command.errors import SourceLost


class RtspFailure(SourceLost):
    """The session with a camera can't go on; it is tried again later.

    Args:
        zh: The reason in Chinese, without credentials.
        en: The same in English.
    """

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


class LoginRefused(RtspFailure):
    """The camera wants another user name or password; trying often would lock the account."""


class Redirected(RtspFailure):
    """The camera is to be asked elsewhere.

    Args:
        location: Where, as it was said.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__("摄像机要求转到别处", "the camera redirects us")


def refusal(method: str, status: int) -> RtspFailure:
    """A camera's refusal of a request, in words for the operator."""
    if 300 <= status < 400:
        zh, en = "摄像机要求转到别处, 但未说明何处", "the camera redirects us to nowhere"
    else:
        zh, en = _REFUSALS.get(status, ("摄像机拒绝", "the camera refuses"))
    return RtspFailure(f"{zh} ({method} {status})", f"{en} ({method} {status})")


_REFUSALS = {
    403: ("摄像机拒绝访问", "the camera forbids it"),
    404: ("摄像机上没有这个地址", "there is no such address on the camera"),
    453: ("摄像机带宽不足", "the camera has no bandwidth left"),
    454: ("摄像机不认识该会话", "the camera does not know the session"),
    503: ("摄像机暂停服务", "the camera is out of service"),
}


def explain(error: OSError) -> RtspFailure:
    """A system error in words for the operator, without the addresses its own text may hold."""
    for kind, zh, en in _REASONS:
        if isinstance(error, kind):
            return RtspFailure(zh, en)
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN):
        return RtspFailure("网络不通", "no route to the camera")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return RtspFailure("本机打开的连接过多", "this machine has too many connections open")
    word = errno.errorcode.get(error.errno or 0, "?")
    return RtspFailure(f"网络错误 {word}", f"network error {word}")


_REASONS: tuple[tuple[type[OSError], str, str], ...] = (
    (ssl.SSLCertVerificationError, "摄像机的证书不可信", "the camera's certificate is not trusted"),
    (ssl.SSLError, "与摄像机的加密连接失败", "the encrypted connection to the camera failed"),
    (ConnectionRefusedError, "摄像机拒绝连接", "the camera refuses the connection"),
    (ConnectionResetError, "摄像机中断了连接", "the camera broke the connection"),
    (BrokenPipeError, "摄像机中断了连接", "the camera broke the connection"),
    (TimeoutError, "连接摄像机超时", "the connection to the camera timed out"),
)
