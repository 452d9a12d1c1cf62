"""Problems as plain ASGI answers, for what never reaches the framework."""

from collections.abc import Iterable

import msgspec
from litestar.types import Send

from chassis import problems
from contracts.problems import Problem

Headers = list[tuple[bytes, bytes]]


async def answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_problem(send: Send, problem: Problem, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    told = problems.body_of(problem)
    body = msgspec.json.encode(told)
    headers = [(name.lower().encode(), value.encode()) for name, value in problems.headers_of(problem).items()]
    headers += [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await answer(send, told.status, headers, body)
