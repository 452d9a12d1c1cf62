"""A TCP proxy between the recorder and a server, which can be cut."""

import asyncio
from urllib.parse import urlsplit


class TcpProxy:
    """Listens on a free port and passes everything on to the server, unless it is cut."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url, self._host, self._port = parts, parts.hostname or "127.0.0.1", parts.port or 80
        self._is_cut = False
        self._streams: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        credentials, at, _ = self._url.netloc.rpartition("@")
        return self._url._replace(netloc=f"{credentials}{at}127.0.0.1:{port}").geturl()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def cut(self) -> None:
        self._is_cut = True
        for stream in self._streams:
            stream.close()

    def restore(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        there, back = await asyncio.open_connection(self._host, self._port)
        both = {writer, back}
        self._streams |= both
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._streams -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
