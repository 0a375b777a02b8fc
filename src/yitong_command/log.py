"""Structured logs: text for people, JSON lines for machines."""

from __future__ import annotations

import logging
import sys

import structlog


class Once(logging.Filter):
    """Lets a library's line through once in ten seconds; a lost broker says the same 30 times a s.

    Errors of ours never pass here: it is put on library loggers only.
    """

    def __init__(self, every_s: float = 10.0) -> None:
        super().__init__()
        self._every_s = every_s
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is new, or its last one was long enough ago."""
        place = (record.pathname, record.lineno)
        if record.created - self._last.get(place, -self._every_s) < self._every_s:
            return False
        self._last[place] = record.created
        return True


def configure_logging(*, json: bool, part: str) -> None:
    """Send all logs, ours and the libraries', to standard error in one format.

    Args:
        json: JSON lines instead of text for people.
        part: Name of the part, shown in every line (``ingest``, ``route``, ``web`` ...).
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([structlog.processors.format_exc_info] if json else []),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    chatty = Once()
    handler.addFilter(
        lambda record: not record.name.startswith("aiokafka") or chatty.filter(record)
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("aiokafka", "faust", "mode", "httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(part=part)
