"""The three servers, real: they keep what they acknowledged, and say plainly why they can't start."""

import json
import os
import resource
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from urllib.request import urlopen

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from embedded import EmbeddedError, Server, seaweedfs
from embedded.kinds import KindName
from testkit.buckets import create_bucket
from testkit.servers import store_of

StartOwn = Callable[[KindName], Server]
kinds = pytest.mark.parametrize("kind", get_args(KindName))


async def ask(server: Server, *statements: str) -> Any:
    engine = create_async_engine(server.url)
    try:
        async with engine.begin() as connection:
            answers = [await connection.execute(text(statement)) for statement in statements]
            return answers[-1].scalar() if answers[-1].returns_rows else None
    finally:
        await engine.dispose()


def connect(server: Server) -> Any:
    client: Any = redis.Redis
    return client.from_url(server.url, decode_responses=True)


class TestEveryServer:
    @kinds
    def test_it_keeps_its_process_its_port_and_its_secrets_to_itself(
        self, own_server: StartOwn, kind: KindName
    ) -> None:
        server = own_server(kind)

        command = Path("/proc", str(server.pid), "cmdline").read_bytes().decode()
        status = Path("/proc", str(server.pid), "status").read_text()

        assert Path("/proc", str(server.pid), "comm").read_text().strip() in {"postgres", "valkey-server", "weed"}
        assert not [secret for secret in server.secrets.iterdir() if secret.read_text() in command]
        assert server.secrets.stat().st_mode & 0o077 == 0
        assert os.geteuid() != 0 or "Uid:\t0" not in status

    @kinds
    def test_twice_on_the_same_data_is_refused(self, own_server: StartOwn, kind: KindName) -> None:
        server = own_server(kind)
        second = Server(kind, server.data.parent)

        with pytest.raises(EmbeddedError, match=f"in use by process {server.pid}: stop it, or name another"):
            second.start()

    @kinds
    def test_a_busy_port_is_named(self, own_server: StartOwn, kind: KindName) -> None:
        server = own_server(kind)
        server.close()
        with socket.create_server(("127.0.0.1", 0)) as busy:
            server.port = busy.getsockname()[1]

            with pytest.raises(EmbeddedError, match=f"port {server.port} on 127.0.0.1 is busy"):
                server.start()

    @kinds
    def test_it_ends_with_the_process_that_started_it(self, servers_folder: Path, kind: KindName) -> None:
        folder = servers_folder / f"orphan-{kind}"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            server = Server(kind, folder, fsync=False)
            server.start()
            os.write(writing, str(server.pid).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        orphan = os.pidfd_open(int(os.read(reading, 20)))

        heir = Server(kind, folder, fsync=False)
        heir.start(timeout=20)

        assert select.select([orphan], [], [], 0)[0], "it has ended"
        heir.close()


class TestPostgres:
    async def test_acknowledged_rows_outlive_a_kill(self, own_postgres: Server) -> None:
        await ask(own_postgres, "create table words (word text)", "insert into words values ('kept')")

        own_postgres.kill()
        own_postgres.start()

        assert await ask(own_postgres, "select word from words") == "kept"

    async def test_rows_outlive_a_stop(self, own_postgres: Server) -> None:
        await ask(own_postgres, "create table words (word text)", "insert into words values ('kept')")

        own_postgres.restart()

        assert await ask(own_postgres, "select word from words") == "kept"

    async def test_it_asks_for_the_password_and_checks_its_pages(self, own_postgres: Server) -> None:
        assert await ask(own_postgres, "show data_checksums") == "on"
        assert (
            await ask(own_postgres, "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'") == 0
        )

    def test_a_pid_file_whose_number_is_now_another_process_does_not_stop_it(self, own_postgres: Server) -> None:
        own_postgres.stop()
        (own_postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{own_postgres.data}\n")

        own_postgres.start()

    def test_data_of_another_major_version_are_refused_with_a_way_out(self, own_postgres: Server) -> None:
        own_postgres.stop()
        (own_postgres.data / "PG_VERSION").write_text("17\n")

        with pytest.raises(EmbeddedError, match="written by PostgreSQL 17, this is 18: dump it"):
            own_postgres.start()

    def test_a_folder_with_something_else_in_it_is_left_alone(self, servers_folder: Path) -> None:
        server = Server("postgres", servers_folder / "foreign")
        server.data.mkdir(parents=True)
        (server.data / "thesis.txt").write_text("mine")

        with pytest.raises(EmbeddedError, match="not PostgreSQL's: name another"):
            server.start()

        assert (server.data / "thesis.txt").read_text() == "mine"

    def test_a_disk_that_takes_no_more_is_named(self, servers_folder: Path) -> None:
        """By whoever meets it first: who copies the programs, where that is needed, or initdb."""
        server = Server("postgres", servers_folder / "full")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))

        try:
            with pytest.raises(EmbeddedError, match=r"(can't be copied|could not write to file) .*: .*File too large"):
                server.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


class TestValkey:
    def test_acknowledged_entries_outlive_a_kill(self, own_valkey: Server) -> None:
        with connect(own_valkey) as client:
            client.xadd("stream", {"word": "kept"})

        own_valkey.kill()
        own_valkey.start()

        with connect(own_valkey) as client:
            assert client.xlen("stream") == 1

    def test_it_refuses_whoever_has_no_password(self, own_valkey: Server) -> None:
        stranger: Any = redis.Redis(port=own_valkey.port)

        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


class TestSeaweedfs:
    def test_buckets_outlive_a_kill(self, own_server: StartOwn) -> None:
        server = own_server("seaweedfs")
        create_bucket(store_of(server), "bucket")

        server.kill()
        server.start()

        with pytest.raises(Exception, match="BucketAlready"):
            create_bucket(store_of(server), "bucket")

    def test_the_ports_behind_it_refuse_whoever_has_no_key(self, own_server: StartOwn) -> None:
        server = own_server("seaweedfs")
        ports: dict[str, int] = json.loads((server.data / "ports.json").read_text())

        with socket.create_connection(("127.0.0.1", ports["filer.port"])) as connection:
            connection.sendall(b"DELETE /buckets/guildhall HTTP/1.0\r\n\r\n")
            answer = connection.recv(100)

        assert b" 401 " in answer

    def test_the_address_of_its_vacuum_is_known_before_it_starts(self, own_server: StartOwn) -> None:
        server = own_server("seaweedfs")
        server.kill()

        address = seaweedfs.choose_vacuum_url(server.data, port=server.port)
        server.start()

        with urlopen(address, timeout=30) as answer:
            assert answer.status == 200
        assert address == seaweedfs.vacuum_url(server.data)


class TestFolders:
    @kinds
    def test_a_closed_parent_folder_is_named_to_root_and_good_enough_for_its_owner(
        self, servers_folder: Path, kind: KindName
    ) -> None:
        closed = servers_folder / f"closed-{kind}"
        closed.mkdir(mode=0o700)
        server = Server(kind, closed / "inside", fsync=False)

        if os.geteuid() == 0:  # then somebody else runs the server
            with pytest.raises(EmbeddedError, match=f"can't pass {closed}: name a data folder outside of it"):
                server.start()
        else:
            server.start()
            server.close()

        assert closed.stat().st_mode & 0o777 == 0o700

    @kinds
    def test_a_folder_that_can_not_be_made_is_named(self, servers_folder: Path, kind: KindName) -> None:
        (servers_folder / f"file-{kind}").write_text("")
        server = Server(kind, servers_folder / f"logs-{kind}")
        server.data = servers_folder / f"file-{kind}" / "data"

        with pytest.raises(EmbeddedError, match="name another data folder"):
            server.start()
