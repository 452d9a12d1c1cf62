"""`python -m discord_sim`: Discord on a port, with a page to watch it."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from discord_sim.scene import DEFAULT, Play, Scene, SceneError, read_scene
from discord_sim.simulator import Simulator


async def serve(scene: Scene, *, host: str, port: int, folder: Path) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with Simulator(host=host, port=port) as sim:
        play = Play(sim, scene, folder=folder)
        for bot in play.bots:
            print(f"bot {bot.bot.name} id={bot.id} token={bot.token} client_secret={bot.client_secret}")
        print(f"authority {sim.certificates.authority}")
        print(f"api {sim.rest_url}")
        print(f"ready {sim.url}", flush=True)
        playing = asyncio.create_task(play.perform())
        await stopping.wait()
        playing.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="discord_sim", description="Discord without Discord, on loopback")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--scene", type=Path, help="a JSON file with the guild, its people and bots, and who talks")
    given = parser.parse_args()
    try:
        scene = read_scene(given.scene) if given.scene else DEFAULT
    except SceneError as problem:
        parser.error(str(problem))
    folder = given.scene.parent if given.scene else Path()
    try:
        asyncio.run(serve(scene, host=given.host, port=given.port, folder=folder))
    except OSError as problem:
        sys.exit(f"can't listen: {problem}")


if __name__ == "__main__":
    main()
