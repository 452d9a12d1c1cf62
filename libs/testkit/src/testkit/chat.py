"""A chat in two terminals: `make chat` opens a space, `make chat CODE=…` joins it."""

import argparse
import asyncio
import getpass
import sys
from datetime import datetime

import aiohttp

from testkit.client import Frame, Listener, Person, Refused


async def chat(base_url: str, name: str, code: str) -> None:
    async with aiohttp.ClientSession() as http:
        person = await Person.register(http, base_url, name)
        space, channel = await (person.accept(code) if code else person.make_space(f"{name}'s table"))
        print(f"You are {name}, in {space.name} #general. Write and press Enter; Ctrl-D ends it.")
        if not code:
            print(f"In another terminal: make chat CODE={await person.invite(space)} URL={base_url}")
        listener = Listener(person, {f"channel:{channel}": 0})
        listener.on_event = show
        listening = asyncio.create_task(listener.run())
        try:
            while line := await asyncio.to_thread(sys.stdin.readline):
                if line.strip():
                    await person.say(channel, line.strip())
        finally:
            listening.cancel()


async def show(frame: Frame) -> None:
    if frame["type"] == "message_posted":
        message = frame["data"]
        at = datetime.fromisoformat(message["created_at"]).astimezone()
        print(f"{at:%H:%M} {message['author']['display_name']}: {message['content']}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make chat", description=__doc__)
    parser.add_argument("code", nargs="?", default="", help="the invite code that the first terminal showed")
    parser.add_argument("--name", default=getpass.getuser().title())
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    wanted = parser.parse_args()
    try:
        asyncio.run(chat(wanted.url, wanted.name, wanted.code))
    except aiohttp.ClientConnectionError:
        sys.exit(f"nothing answers at {wanted.url}: start it with `make run`, or name the address with URL=…")
    except Refused as refused:
        sys.exit(str(refused))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
