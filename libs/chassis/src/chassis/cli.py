"""The commands that every service has: `serve`, `migrate`, `openapi`; a service may add its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, Generic, NoReturn, TypeVar

import msgspec
import uvloop
from litestar import Litestar

from chassis import logs, metrics, tracing
from chassis.app import supervisor_of
from chassis.background import GaveUp
from chassis.server import serve as serve_on_granian
from chassis.settings import Secret, ServiceSettings, SettingsError, load

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
GAVE_UP: Final = os.EX_SOFTWARE

Command = Callable[[SettingsT, list[str]], Awaitable[None]]


class Service(msgspec.Struct, Generic[SettingsT], frozen=True, kw_only=True):
    """What `python -m <service>` needs to know. Without `migrated` the service has no tables."""

    name: str
    settings: type[SettingsT]
    create_app: Callable[[SettingsT], Litestar]
    migrated: Callable[[SettingsT], Secret] | None = None
    serve: Callable[[Litestar, SettingsT], Awaitable[None]] = serve_on_granian
    commands: Mapping[str, Command[SettingsT]] = {}

    def main(self, environ: Mapping[str, str], arguments: list[str]) -> NoReturn:
        """Run the command and exit: 0 well, 1 the command failed, 2 it was called wrongly, 70 a worker kept failing."""
        command, *rest = arguments or ["help"]
        known: dict[str, Command[SettingsT]] = {
            "serve": self._serve,
            "migrate": self._migrate,
            "openapi": self._openapi,
        } | dict(self.commands)
        if command not in known:
            sys.stderr.write(f"usage: python -m {self.name.replace('-', '_')} {' | '.join(known)}\n")
            sys.exit(0 if command in {"help", "--help", "-h"} else 2)
        try:
            settings = load(self.settings, environ, service=self.name)
        except SettingsError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
        logs.configure(self.name, settings)
        tracing.configure(self.name, settings)
        metrics.configure(self.name, settings)
        try:
            uvloop.run(_run(known[command](settings, rest)))
            status = 0
        except GaveUp:  # logged where it was found
            status = GAVE_UP
        sys.stdout.flush()
        os._exit(status)  # granian's runtime threads have nothing left to do, and would hold the exit for seconds

    async def _serve(self, settings: SettingsT, _: list[str]) -> None:
        await self._migrate(settings, [])
        app = self.create_app(settings)
        await self.serve(app, settings)
        supervisor_of(app).raise_if_given_up()

    async def _migrate(self, settings: SettingsT, _: list[str]) -> None:
        if self.migrated is None:
            return
        from chassis import migrations  # noqa: PLC0415  a program without tables never loads SQLAlchemy and Alembic

        try:
            await migrations.upgrade(self.migrated(settings), schema=self.name, package=self.name.replace("-", "_"))
        except migrations.NewerSchema as error:
            sys.stderr.write(f"{self.name} cannot start: {error}\n")
            sys.exit(1)

    async def _openapi(self, settings: SettingsT, _: list[str]) -> None:
        schema = self.create_app(settings).openapi_schema.to_schema()
        await asyncio.to_thread(sys.stdout.buffer.write, msgspec.json.format(msgspec.json.encode(schema), indent=2))


def _run(awaitable: Awaitable[None]) -> Coroutine[Any, Any, None]:
    async def run() -> None:
        await awaitable

    return run()
