"""The gateway's own pages: what an HTML page needs, and the pages that problems link to."""

import base64
import hashlib
import html
from importlib import resources
from string import Template
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from contracts.problems import NotFound


class ProblemText(msgspec.Struct, frozen=True):
    """What is known of a problem's code, as docs/problems has it."""

    title: str
    status: int
    about: str
    advice: str


class Page:
    """A template among our static files, and the policy that allows its one style and nothing else."""

    def __init__(self, name: str) -> None:
        text = static(name).decode()
        style = text.partition("<style>")[2].partition("</style>")[0]
        style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._template = Template(text)
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{style_hash}'; img-src 'self' data:; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )

    def answer(self, **parts: str) -> Response[str]:
        """The page with these parts, which are HTML already."""
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"}
        return Response(self._template.substitute(parts), media_type="text/html", headers=headers)


def static(name: str) -> bytes:
    """A file that lies beside this code."""
    return resources.files("gateway").joinpath("static", name).read_bytes()


_PROBLEM_PAGE: Final = Page("problem.html")
_PROBLEMS: Final = msgspec.json.decode(static("problems.json"), type=dict[str, ProblemText])


@get("/problems/{code:str}", include_in_schema=False)
async def problem_page(code: FromPath[str]) -> Response[str]:
    """What a problem means and what to do: its `type` links here."""
    if (known := _PROBLEMS.get(code)) is None:
        raise NotFound
    return _PROBLEM_PAGE.answer(
        code=html.escape(code),
        title=html.escape(known.title),
        status=str(known.status),
        about=f"<p>{html.escape(known.about)}</p>" if known.about else "",
        advice=html.escape(known.advice),
    )


@get("/problems", include_in_schema=False)
async def problem_list() -> dict[str, Any]:
    """All of them, for programs."""
    return {"problems": {code: known.title for code, known in _PROBLEMS.items()}}


@get("/favicon.ico", include_in_schema=False)
async def favicon() -> Response[bytes]:
    """Browsers ask for it wherever they are."""
    return Response(_FAVICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


_FAVICON: Final = static("favicon.svg")

ROUTES = [problem_page, problem_list, favicon]
