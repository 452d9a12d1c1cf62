"""Fresh databases: the schema is migrated once, then cloned for every test."""

import asyncio
from uuid import uuid4

from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import migrations
from chassis.settings import Secret


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, admin_url: str) -> None:
        self._admin = make_url(admin_url)
        self._templates: dict[tuple[str, ...], str] = {}
        self._one_at_a_time = asyncio.Lock()
        self._made: list[str] = []

    async def create(self, *services: str) -> Secret:
        """A database migrated for these services; bare when none is named."""
        async with self._one_at_a_time:
            if services not in self._templates:
                self._templates[services] = await self._create_template(services)
            return self._url(await self._clone(self._templates[services]))

    async def drop_made(self) -> None:
        """Drop what tests were given, their connections included."""
        made, self._made = self._made, []
        for name in made:
            await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def drop_all(self) -> None:
        """Drop the templates too."""
        self._made += [name for name in self._templates.values() if name != "template0"]
        self._templates = {}
        await self.drop_made()

    async def _create_template(self, services: tuple[str, ...]) -> str:
        if not services:
            return "template0"
        name = await self._clone("template0", prefix="template")
        self._made.remove(name)
        for service in services:
            await migrations.upgrade(self._url(name), schema=service, package=service)
        return name

    async def _clone(self, template: str, *, prefix: str = "test") -> str:
        name = f"{prefix}_{uuid4().hex}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        self._made.append(name)
        return name

    async def _execute(self, statement: str) -> None:
        # CREATE and DROP DATABASE refuse to run inside a transaction.
        engine = create_async_engine(self._admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.execute(text(statement))

    def _url(self, name: str) -> Secret:
        return Secret(self._admin.set(database=name).render_as_string(hide_password=False))
