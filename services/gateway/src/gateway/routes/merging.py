"""One OpenAPI document out of those of the services: what the public may call, and nothing else."""

from collections.abc import Mapping
from typing import Any, Final, cast

Document = dict[str, Any]

_PROBLEM: Final = "ProblemBody"
_REFERENCE: Final = "#/components/{kind}/{name}"


def merge(own: Document, documents: Mapping[str, Document]) -> Document:
    """All public paths of all services; two different schemas of one name are told apart by the service's name."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Guildhall", "version": "1", "description": DESCRIPTION},
        "tags": [{"name": name} for name in documents],
        "paths": {},
        "components": {},
        "security": [{"bearer": []}],
    }
    for service, document in {"gateway": own, **documents}.items():
        parts = cast("dict[str, dict[str, Any]]", document.get("components", {}))
        renamed = _add_components(merged["components"], parts, service)
        for path, operations in cast("dict[str, Any]", document.get("paths", {})).items():
            if not path.startswith("/internal"):
                merged["paths"][path] = _tagged(_rename(operations, renamed), service)
    return merged


def _add_components(into: Document, parts: dict[str, dict[str, Any]], service: str) -> dict[str, str]:
    _share_codes(into.get("schemas", {}).get(_PROBLEM), parts.get("schemas", {}).get(_PROBLEM))
    renamed = {
        _REFERENCE.format(kind=kind, name=name): _REFERENCE.format(kind=kind, name=f"{service}.{name}")
        for kind, named in parts.items()
        for name, schema in named.items()
        if into.get(kind, {}).get(name, schema) != schema
    }
    for kind, named in parts.items():
        for name, schema in named.items():
            reference = _REFERENCE.format(kind=kind, name=name)
            final = renamed.get(reference, reference).rpartition("/")[2]
            into.setdefault(kind, {})[final] = _rename(schema, renamed)
    return renamed


def _share_codes(known: Any, added: Any) -> None:
    """A problem is the same everywhere, but each service knows its own codes: both have all of them from now on."""
    if known is not None and added is not None:
        codes = [one["properties"]["code"] for one in (known, added)]
        shared = sorted({code for one in codes for code in one.get("enum", ())})
        for one in codes:
            one["enum"] = shared


def _rename(value: Any, renamed: dict[str, str]) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: renamed.get(one, one) if key == "$ref" else _rename(one, renamed) for key, one in members.items()}
    if isinstance(value, list):
        return [_rename(one, renamed) for one in cast("list[Any]", value)]
    return value


def _tagged(operations: Any, service: str) -> Any:
    for operation in cast("dict[str, Any]", operations).values():
        if isinstance(operation, dict):
            cast("Document", operation).setdefault("tags", [service])
    return operations


DESCRIPTION: Final = """\
Everything a client can ask of a Guildhall. Register, log in, and send the access token as `Authorization: Bearer …`.

Every error is `application/problem+json` (RFC 9457) with a stable `code`. Lists are paged by opaque cursors. What
happens while you are connected arrives over the realtime socket at `/api/v1/realtime` (or Socket.IO), described in
[`/api/asyncapi.json`](/api/asyncapi.json).
"""
