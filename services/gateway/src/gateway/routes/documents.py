"""The documents: OpenAPI of everything, AsyncAPI of the realtime protocol, and a page to read and try them."""

import asyncio
import gzip
import hashlib
import time
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec
import structlog
from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency

from contracts.problems import Unavailable
from gateway.clients import Services
from gateway.realtime import asyncapi
from gateway.routes import merging

log = structlog.get_logger()

_KEPT_SECONDS: Final = 60.0

REFERENCE_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Scalar writes its styles into the page; everything else stays shut."""


@get("/api/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """One document; a service that is away is missing from it, and named. Made again after `_KEPT_SECONDS`."""
    state = request.app.state
    made: _Merged | None = state.get("openapi")
    if made is None or made.until < time.monotonic():
        made = state["openapi"] = await _merged(request.app, services)
    headers = {"ETag": made.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == made.etag:
        return Response(b"", status_code=304, headers=headers)
    return Response(made.document, media_type="application/json", headers=headers)


class _Merged(msgspec.Struct, frozen=True):
    """The document as it is answered until `until` (monotonic)."""

    document: bytes
    etag: str
    until: float


async def _merged(app: Litestar, services: Services) -> _Merged:
    names = list(services.urls)
    found = await asyncio.gather(*(_openapi_of(services, name) for name in names))
    known = {name: document for name, document in zip(names, found, strict=True) if document is not None}
    merged = merging.merge(app.openapi_schema.to_schema(), known)
    document = msgspec.json.encode(merged | {"x-missing-services": [name for name in names if name not in known]})
    seconds = _KEPT_SECONDS if len(known) == len(names) else 1.0
    return _Merged(document, f'"{hashlib.sha256(document).hexdigest()[:16]}"', time.monotonic() + seconds)


async def _openapi_of(services: Services, name: str) -> dict[str, Any] | None:
    try:
        return await services.openapi(name)
    except Unavailable as problem:
        log.warning("document.missing", service=name, error=problem.detail)
        return None


@get("/api/asyncapi.json", include_in_schema=False)
async def asyncapi_json() -> dict[str, Any]:
    return asyncapi.document()


@get("/api/docs", include_in_schema=False)
async def reference() -> Response[bytes]:
    return Response(_file("reference.html"), media_type="text/html", headers={"Content-Security-Policy": REFERENCE_CSP})


@get("/api/docs/scalar.js", include_in_schema=False)
async def scalar(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Scalar's standalone bundle, kept beside this code so that nothing is fetched from elsewhere."""
    packed, etag = await asyncio.to_thread(_scalar)
    headers = {"ETag": etag, "Cache-Control": "public, max-age=86400"}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    headers |= {"Content-Encoding": "gzip"}
    return Response(packed, media_type="text/javascript", headers=headers)


@cache
def _scalar() -> tuple[bytes, str]:
    packed = gzip.compress(_file("scalar.js"), mtime=0)
    return packed, f'"{hashlib.sha256(packed).hexdigest()[:16]}"'


def _file(name: str) -> bytes:
    return resources.files("gateway").joinpath("static", name).read_bytes()


ROUTES = [openapi, asyncapi_json, reference, scalar]
