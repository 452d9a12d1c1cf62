"""A chat in two terminals: `make chat` opens a space, `make chat CODE=…` joins it."""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import aiohttp
import msgspec

from testkit.client import Frame, Listener, Person, Refused

HOST_NAME: Final = "Ann"
GUEST_NAMES: Final = ("Bob", "Cyd", "Dot", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim")
LINE_BYTES_MAX: Final = 100_000
"""A longer line is not kept until its end; the server's own limit is far lower."""
_READ_BYTES: Final = 65_536


class Wish(msgspec.Struct, frozen=True):
    """What `make chat` was told."""

    url: str
    name: str
    code: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Wish":
        """NAME, CODE (of an invite), and URL, or PORT of this machine."""
        code = environ.get("CODE", "")
        url = environ.get("URL") or f"http://localhost:{environ.get('PORT') or 8000}"
        return cls(url, environ.get("NAME") or (secrets.choice(GUEST_NAMES) if code else HOST_NAME), code)


async def chat(wish: Wish) -> None:
    """Until standard input ends."""
    async with aiohttp.ClientSession() as http:
        person = await Person.register(http, wish.url, wish.name)
        space, channel = await (person.accept(wish.code) if wish.code else person.make_space(f"{wish.name}'s table"))
        say(f"You are {wish.name}, in {space.name} #general. Write and press Enter; Ctrl-D ends it.")
        if not wish.code:
            say(f"In another terminal: make chat CODE={await person.invite(space)} URL={wish.url}")
        listener = Listener(person, {f"channel:{channel}": 0})
        listener.on_event = shower(person)
        listening = asyncio.create_task(listener.run())
        try:
            async for line in lines_of(sys.stdin.fileno()):
                await post(person, channel, line)
        finally:
            listening.cancel()


async def post(person: Person, channel: str, line: bytes) -> None:
    """Post a line; what cannot be posted is said, and the next line goes on."""
    try:
        if content := line.decode().strip():
            await person.say(channel, content)
    except UnicodeDecodeError:
        say("  not sent: the line is not UTF-8")
    except Refused as refused:
        say(f"  not sent: {refused}")


async def lines_of(descriptor: int) -> AsyncIterator[bytes]:
    """Its lines, read in a thread that nothing waits for: Ctrl-C ends the chat while a line is being written."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()

    def hand_over(line: bytes | None) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, line)

    threading.Thread(target=read_lines, args=(descriptor, hand_over), daemon=True).start()
    while (line := await arrived.get()) is not None:
        yield line


def read_lines(descriptor: int, hand_over: Callable[[bytes | None], None]) -> None:
    """Hand over each line, then None. Not by `sys.stdin`: its lock would hold up the end of the program."""
    rest = b""
    while got := os.read(descriptor, _READ_BYTES):
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            hand_over(line)
        rest = rest[:LINE_BYTES_MAX]
    if rest:
        hand_over(rest)
    hand_over(None)


def shower(person: Person) -> Callable[[Frame], Awaitable[None]]:
    """Shows what others say: one's own lines stand on the terminal already."""

    async def show(frame: Frame) -> None:
        message = frame["data"]
        if frame["type"] != "message_posted" or message["author"]["id"] == person.id:
            return
        at = datetime.fromisoformat(message["created_at"]).astimezone()
        say(f"{at:%H:%M} {message['author']['display_name']}: {message['content']}")

    return show


def say(line: str) -> None:
    """On the terminal, without what would be orders to it."""
    print("".join(letter if letter.isprintable() or letter in "\n\t" else "�" for letter in line), flush=True)


def main() -> None:
    wish = Wish.of(os.environ)
    try:
        asyncio.run(chat(wish))
    except aiohttp.InvalidURL:
        sys.exit(f"{wish.url} is no address: set URL=http://localhost:8000, or PORT=8000")
    except aiohttp.ClientConnectionError:
        sys.exit(f"nothing answers at {wish.url}: start it with `make run`, or name the address with URL=…")
    except Refused as refused:
        sys.exit(str(refused))
    except (aiohttp.ClientError, msgspec.MsgspecError, LookupError, TypeError):
        sys.exit(f"what answers at {wish.url} is not Guildhall: name another address with URL=…")
    except KeyboardInterrupt:
        say("")


if __name__ == "__main__":
    main()
