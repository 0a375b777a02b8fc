"""SOAP 1.2 for the ONVIF device: reading calls, checking user tokens, writing answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
ERROR = "http://www.onvif.org/ver10/error"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"

TOKEN_VALID = timedelta(minutes=5)


class SoapFault(Exception):  # noqa: N818 - the word of the standard
    """An answer that says what is wrong with a call.

    Args:
        subcode: ONVIF's word for it, for example ``NotAuthorized``.
        reason: In words.
    """

    def __init__(self, subcode: str, reason: str) -> None:
        super().__init__(reason)
        self.subcode = subcode
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Call:
    """An operation a client calls.

    Attributes:
        namespace: Of the service.
        operation: Name of the operation.
        arguments: Text of its elements by local name, attributes as ``Element.attribute``.
        token: The WS-UsernameToken, or None.
    """

    namespace: str
    operation: str
    arguments: dict[str, str]
    token: UserToken | None


@dataclass(frozen=True, slots=True)
class UserToken:
    """A WS-UsernameToken with password digest, as sent."""

    user: str
    digest: str
    nonce: str
    created: str

    def proves(self, user: str, password: str, now: datetime) -> bool:
        """Whether the sender knows the password and made the token lately."""
        try:
            nonce = base64.b64decode(self.nonce, validate=True)
            created = datetime.fromisoformat(self.created)
        except (binascii.Error, ValueError):
            return False
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
        material = nonce + self.created.encode() + password.encode()
        expected = base64.b64encode(hashlib.sha1(material, usedforsecurity=False).digest())
        fresh = abs(now - created) <= TOKEN_VALID
        same = hmac.compare_digest(expected, self.digest.encode())
        return same and fresh and hmac.compare_digest(user.encode(), self.user.encode())


def read_call(body: bytes) -> Call:
    """Read an envelope.

    Raises:
        SoapFault: If it is not one.
    """
    try:
        text = body.decode("utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise SoapFault("WellFormed", "document types are refused")
        # Entities can't be declared without a document type, which was refused.
        root = ElementTree.fromstring(text)  # noqa: S314
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as exc:
        raise SoapFault("WellFormed", f"not XML: {exc}") from exc
    content = root.find(f"{{{ENVELOPE}}}Body/*")
    if content is None or not content.tag.startswith("{"):
        raise SoapFault("WellFormed", "the envelope has no body with an operation")
    namespace, _, operation = content.tag[1:].partition("}")
    arguments: dict[str, str] = {}
    for child in content.iter():
        name = child.tag.rpartition("}")[2]
        arguments[name] = (child.text or "").strip()
        for attribute, value in child.attrib.items():
            arguments[f"{name}.{attribute.rpartition('}')[2]}"] = value
    return Call(namespace, operation, arguments, _token(root))


def _token(root: ElementTree.Element) -> UserToken | None:
    path = f"{{{ENVELOPE}}}Header/{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken"
    token = root.find(path)
    if token is None:
        return None
    texts = [
        (token.findtext(f"{{{space}}}{name}") or "").strip()
        for space, name in (
            (_WSSE, "Username"),
            (_WSSE, "Password"),
            (_WSSE, "Nonce"),
            (_WSU, "Created"),
        )
    ]
    return UserToken(*texts)


def envelope(content: str) -> bytes:
    """An envelope around an answer."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<env:Envelope xmlns:env="{ENVELOPE}" xmlns:tds="{DEVICE}" xmlns:trt="{MEDIA}" '
        f'xmlns:tptz="{PTZ}" xmlns:tt="{SCHEMA}" xmlns:ter="{ERROR}">'
        f"<env:Body>{content}</env:Body></env:Envelope>"
    ).encode()


def fault(problem: SoapFault) -> bytes:
    """An envelope around a fault of the sender."""
    return envelope(
        "<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode>"
        f"<env:Value>ter:{problem.subcode}</env:Value></env:Subcode></env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{escape(problem.reason)}</env:Text></env:Reason>'
        "</env:Fault>"
    )


def element(name: str, *content: str, **attributes: str) -> str:
    """An element; ``content`` is XML already, attributes are escaped."""
    pairs = "".join(
        f' {key}="{escape(value, {chr(34): "&quot;"})}"' for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{''.join(content)}</{name}>"


def text(name: str, value: object) -> str:
    """An element with escaped text."""
    return element(name, escape(str(value)))
