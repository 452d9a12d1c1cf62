"""The web client: the files that `services/web` was built to, served from memory on the gateway's own origin."""

import hashlib
import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]

INDEX: Final = "index.html"
ASSETS: Final = "assets/"
SETTINGS_PAGE: Final = "/settings/security"
RESERVED: Final = frozenset(
    {"api", "problems", ".well-known", "socket.io", "dev", "livez", "readyz", "startupz", "metrics"}
)
"""First parts of paths that are never a page of the client, though it would take any address."""
ENCODINGS: Final = (("br", b"br"), ("gz", b"gzip"))
SCROLL_LOCK_STYLE: Final = "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='"
"""The one style that the dialogs add to the page: it stops what is behind them from scrolling."""


class Asset(msgspec.Struct, frozen=True):
    """A file as it is, and packed, with the headers that all of its answers have."""

    plain: bytes
    packed: dict[bytes, bytes]
    etag: bytes
    headers: Headers


class Site:
    """Answers for the client's pages and files; passes on everything else. Reads a new build when there is one."""

    def __init__(self, pages: ASGIApp, folder: Path, *, store_url: str = "", public_url: str = "") -> None:
        self._pages = pages
        self._folder = folder
        self._policy = content_policy(store_url, public_url).encode()
        self._built_at = 0
        self._assets: dict[str, Asset] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or not self._is_built():
            await self._pages(scope, receive, send)
            return
        path = scope["path"]
        if path == "/.well-known/change-password":
            await _answer(send, 302, [(b"location", SETTINGS_PAGE.encode())])
        elif asset := self._assets.get(path[1:] or INDEX):
            await _send_asset(scope, send, asset)
        elif path.startswith(f"/{ASSETS}") or path[1:].partition("/")[0] in RESERVED or not _wants_page(scope):
            await self._pages(scope, receive, send)
        else:
            await _send_asset(scope, send, self._assets[INDEX])

    def _is_built(self) -> bool:
        """Whether there is a build; it is read again when its first page changed."""
        try:
            built_at = (self._folder / INDEX).stat().st_mtime_ns
        except OSError:
            return False
        if built_at != self._built_at:
            self._assets = read_build(self._folder, self._policy)
            self._built_at = built_at
            log.info("site.read", files=len(self._assets))
        return True


def read_build(folder: Path, policy: bytes) -> dict[str, Asset]:
    """Every file by its path below the folder."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix not in {".br", ".gz"})
    return {(name := file.relative_to(folder).as_posix()): _read_asset(file, name, policy) for file in files}


def _read_asset(file: Path, name: str, policy: bytes) -> Asset:
    plain = file.read_bytes()
    packed = {
        encoding: packed_file.read_bytes()
        for suffix, encoding in ENCODINGS
        if (packed_file := file.with_name(f"{file.name}.{suffix}")).is_file()
    }
    etag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'.encode()
    lasting = name.startswith(ASSETS)
    headers: Headers = [
        (b"content-type", _media_type(file)),
        (b"cache-control", b"public, max-age=31536000, immutable" if lasting else b"no-cache"),
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
        (b"content-security-policy", policy),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    return Asset(plain, packed, etag, headers)


def _media_type(file: Path) -> bytes:
    if file.suffix == ".webmanifest":
        return b"application/manifest+json"
    if file.suffix == ".js":
        return b"text/javascript; charset=utf-8"
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8".encode() if guessed.startswith("text/") else guessed.encode()


async def _send_asset(scope: HTTPScope, send: Send, asset: Asset) -> None:
    accepted, known = b"", b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
    if asset.etag in known:
        await _answer(send, 304, asset.headers)
        return
    encoding = next((one for _, one in ENCODINGS if one in asset.packed and one in accepted), b"")
    body = asset.packed[encoding] if encoding else asset.plain
    headers = [*asset.headers, (b"content-length", str(len(body)).encode())]
    if encoding:
        headers.append((b"content-encoding", encoding))
    await _answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)


async def _answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _wants_page(scope: HTTPScope) -> bool:
    """Browsers that go to an address ask for HTML; scripts, pictures and programs do not."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def content_policy(store_url: str, public_url: str) -> str:
    """What pages of the client may load: their own origin, and the store where browsers reach it by itself."""
    own, store = _origin(public_url), _origin(store_url)
    elsewhere = [store] if store and store != own else []
    return "; ".join(_directives(elsewhere))


def _directives(elsewhere: list[str]) -> Iterable[str]:
    more = "".join(f" {origin}" for origin in elsewhere)
    yield "default-src 'none'"
    yield "script-src 'self'"
    yield f"style-src 'self' {SCROLL_LOCK_STYLE}"
    yield "style-src-attr 'none'"
    yield f"img-src 'self' blob: data:{more}"
    yield f"media-src 'self' blob:{more}"
    yield "font-src 'self'"
    yield f"connect-src 'self'{more}"
    yield "worker-src 'self'"
    yield "manifest-src 'self'"
    yield "base-uri 'none'"
    yield f"form-action 'self'{more}"
    yield "frame-ancestors 'none'"
    yield "require-trusted-types-for 'script'"
    yield "trusted-types guildhall"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
