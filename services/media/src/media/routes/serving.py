"""Files as answers: all of one, the bytes that `Range` asks for, or that nothing has changed."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.openapi import ResponseSpec
from litestar.response import Stream

from chassis import problems
from media.domain import ranges
from media.domain.ranges import Span, Unsatisfiable

WRITE_BYTES_MAX: Final = 65_536
PRIVATE: Final = "private, no-cache"
FOR_EVER: Final = "private, max-age=86400, immutable"
"""Of what never changes under its address: one browser keeps it for a day without asking again."""
UNCHANGED: Final = ResponseSpec(None, generate_examples=False, description="`If-None-Match` names what is there")
NO_SUCH_BYTES: Final = ResponseSpec(None, generate_examples=False, description="The file is shorter")


def served(media_type: str) -> dict[int, ResponseSpec]:
    """What `serve` may answer besides 200, for the OpenAPI document."""
    part = ResponseSpec(
        bytes, generate_examples=False, description="The bytes that `Range` asks for", media_type=media_type
    )
    return {206: part, 304: UNCHANGED, 416: NO_SUCH_BYTES}


async def serve(
    request: Request[Any, Any, Any],
    content: Callable[[Span | None], AsyncGenerator[bytes]],
    *,
    etag: str,
    size: int,
    media_type: str,
    more: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The file of that many bytes, whose name is `etag`; `more` headers go with every answer that shows it."""
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": PRIVATE, **(more or {})}
    if ranges.matches(request.headers.get("if-none-match"), etag):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    span: Span | None = None
    if request.headers.get("if-range", etag) == etag:
        try:
            span = ranges.wanted(request.headers.get("range"), size=size)
        except Unsatisfiable as refusal:
            body = msgspec.structs.replace(problems.body_of(refusal), status=416)
            headers["Content-Range"] = f"bytes */{size}"
            return Response(body, status_code=416, headers=headers, media_type=problems.MEDIA_TYPE)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.first}-{span.end - 1}/{size}"
    headers["Content-Length"] = str(size if span is None else span.end - span.first)
    headers["Content-Type"] = media_type  # of a `Stream` the route would have the last word
    return Stream(await begun(content(span)), status_code=200 if span is None else 206, headers=headers)


async def begun(content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, its first bytes already read: when the store is away the answer is a problem, not a broken file."""
    first = await anext(content, b"")

    async def whole() -> AsyncGenerator[bytes]:
        for piece in _cut(first):
            yield piece
        async for chunk in content:
            for piece in _cut(chunk):
                yield piece

    return whole()


def _cut(chunk: bytes) -> Iterator[bytes]:
    """The server keeps a few writes for each client that reads slowly: small ones."""
    for begin in range(0, len(chunk), WRITE_BYTES_MAX):
        yield chunk[begin : begin + WRITE_BYTES_MAX]
