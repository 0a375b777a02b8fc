"""The exception tree.

YitongError
├── Transient            retried by the shells with back-off and jitter
│   ├── SourceLost       a camera or device stopped answering
│   ├── BrokerDown       Kafka can't be reached
│   └── DatabaseDown     the database can't be reached
├── Permanent            retrying does not help
│   ├── ConfigError      a file or key is wrong: exit 2, naming file and key
│   ├── ModelMismatch    a model file is truncated, altered or of another shape
│   ├── DetectorFailed   the detector raised: the view is "not judged", never empty
│   ├── CorruptMedia     a clip or packet that can't be decoded
│   └── BadMessage       garbage on a topic: goes to the dead letters with the reason
└── Refusal              expected answers to a person, shown as they are
    ├── NotFound
    ├── NotAllowed       the role, grid or holder does not fit
    ├── IllegalTransition
    ├── StaleVersion     somebody else was faster
    └── ProofMissing     a photo or note is required for this step
"""

from __future__ import annotations


class YitongError(Exception):
    """Root of all errors this project raises on purpose."""


class Transient(YitongError):
    """A failure that may pass; the caller retries."""


class SourceLost(Transient):
    """A camera or device stopped answering."""


class BrokerDown(Transient):
    """Kafka can't be reached."""


class DatabaseDown(Transient):
    """The database can't be reached."""


class Permanent(YitongError):
    """A failure that retrying does not mend."""


class ConfigError(Permanent):
    """A configuration file or key is wrong.

    Args:
        file: The file as the user knows it.
        key: Dotted path of the key inside the file, or "" for the whole file.
        message: What is wrong and what would be right.
    """

    def __init__(self, file: str, key: str, message: str) -> None:
        self.file = file
        self.key = key
        self.message = message
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}")


class ModelMismatch(Permanent):
    """A model file is missing, truncated, altered or of another shape; the text names it."""


class DetectorFailed(Permanent):
    """The detector raised; what it looked at is not judged."""


class CorruptMedia(Permanent):
    """A clip or packet that can't be decoded; the text names the source."""


class BadMessage(Permanent):
    """A message that can't be decoded; it goes to the dead letters with this reason."""


class Refusal(YitongError):
    """An expected answer to a person.

    Args:
        code: Stable machine word, for example ``stale_version``.
        zh: What the screen says in Chinese.
        en: The same in English.
    """

    code = "refused"

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


class NotFound(Refusal):
    """The thing asked for does not exist, or not for this person."""

    code = "not_found"


class NotAllowed(Refusal):
    """The person's role, grid or holding does not allow it."""

    code = "not_allowed"


class IllegalTransition(Refusal):
    """The case can't go from its state to the one asked for."""

    code = "illegal_transition"


class StaleVersion(Refusal):
    """Somebody else changed the case first."""

    code = "stale_version"


class ProofMissing(Refusal):
    """The step needs a photo, a note or a reason."""

    code = "proof_missing"
