"""Logging: structlog, JSON for machines and colours for terminals, the trace id on every line."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, cast

import msgspec
import structlog
from opentelemetry import trace
from structlog.tracebacks import ExceptionDictTransformer

from chassis.settings import ServiceSettings

_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
"""Mail addresses, wherever they stand in a line: errors of mail servers name them."""
_INVITE: Final = re.compile(r"(/invites/)[\w-]+")
"""The code of an invitation is all that it takes to join."""


def configure(service: str, settings: ServiceSettings) -> None:
    """Set up structlog, and send what libraries log through it."""
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stdout.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_trace,
        _naming(service),
    ]
    traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    as_json = structlog.processors.JSONRenderer(serializer=_to_json)
    ending: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if pretty
        else [traceback, as_json]
    )
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def _naming(service: str) -> structlog.typing.Processor:
    def add_service(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        event["service"] = service
        return event

    return add_service


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


def _to_json(event: Any, **_: Any) -> str:
    line = msgspec.json.encode(event, enc_hook=cast("Any", repr)).decode()
    return _INVITE.sub(r"\1…", _ADDRESS.sub("…@…", line))
