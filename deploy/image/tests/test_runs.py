"""`make run` from outside: real supervisor, real servers, stand-ins for the services."""

import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from embedded import postgres
from testkit.runs import Run
from testkit.waiting import wait_until

MakeRun = Callable[..., Run]


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """What it said since it was last listened to."""
    assert process.stdout is not None
    assert process.stderr is not None
    process.send_signal(number)
    process.wait(60)
    return process.stdout.read(), process.stderr.read()


async def ask(run: Run, *statements: str) -> object:
    ports: dict[str, int] = json.loads((run.data / "ports.json").read_text())
    engine = create_async_engine(postgres.url(ports["postgres"], secrets=run.data / "secrets"))
    try:
        async with engine.begin() as connection:
            answers = [await connection.execute(text(statement)) for statement in statements]
            return answers[-1].scalar() if answers[-1].returns_rows else None
    finally:
        await engine.dispose()


class TestRun:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_says_ready_once_and_stops_without_a_trace(self, whole_run: Run, number: signal.Signals) -> None:
        process = whole_run.begin()
        assert process.stdout is not None
        ready = process.stdout.readline()

        rest, told = stop(process, number)

        assert ready == f"ready {whole_run.url}\n"
        assert rest == ""
        assert process.returncode == 0
        assert "postgres is ready" in told
        assert f"{whole_run.url}/api/docs" in told
        assert f"make chat URL={whole_run.url}" in told
        assert whole_run.commands() == []

    async def test_it_keeps_data_ports_and_secrets_and_starts_in_ten_seconds(self, whole_run: Run) -> None:
        stop(whole_run.start())
        ports = (whole_run.data / "ports.json").read_text()
        secrets = {file.name: file.read_text() for file in (whole_run.data / "secrets").iterdir()}
        began = time.monotonic()

        whole_run.start()

        assert time.monotonic() - began < 10
        assert await ask(whole_run, "select current_database()") == "guildhall"
        assert (whole_run.data / "ports.json").read_text() == ports
        assert {file.name: file.read_text() for file in (whole_run.data / "secrets").iterdir()} == secrets

    def test_a_second_one_is_told_about_the_first(self, run: Run) -> None:
        first = run.start()

        second = run.begin()
        _, told = second.communicate(timeout=20)

        assert second.returncode == 1
        assert f"process {first.pid}, {run.url}" in told
        assert first.poll() is None

    def test_a_busy_port_is_explained(self, run: Run) -> None:
        with socket.create_server(("127.0.0.1", run.port)):
            process = run.begin()
            _, told = process.communicate(timeout=20)

        assert process.returncode == 1
        assert f"port {run.port} is busy: process {os.getpid()}" in told
        assert f"PORT={run.port + 1}" in told

    def test_secrets_stay_in_files_of_their_owner(self, whole_run: Run) -> None:
        whole_run.start()

        secrets = [file.read_text() for file in (whole_run.data / "secrets").iterdir()]
        modes = {stat.S_IMODE(file.stat().st_mode) for file in (whole_run.data / "secrets").iterdir()}

        assert len(secrets) > 8
        assert modes == {0o600}
        assert not [secret for secret in secrets for command in whole_run.commands() if secret in command]

    def test_servers_run_as_who_started_them_but_never_as_root(self, whole_run: Run) -> None:
        whole_run.start()

        users = {Path("/proc", str(whole_run.pid(name))).stat().st_uid for name in ("postgres", "valkey", "seaweedfs")}

        assert users == {os.geteuid() or pwd.getpwnam("nobody").pw_uid}

    def test_logs_are_files_and_on_demand_standard_output(self, make_run: MakeRun) -> None:
        run = make_run("auth", "gateway", LOG="stdout")
        line = '{"event": "service.started"}\n'

        process = run.begin()
        assert process.stdout is not None
        until_ready: list[str] = []
        while not until_ready or not until_ready[-1].startswith("ready "):
            until_ready.append(process.stdout.readline())
        rest, _ = stop(process)

        assert (run.data / "log" / "auth.log").read_text() == line
        assert ("".join(until_ready) + rest).count(line) == 2

    def test_a_named_outside_server_is_not_started(self, make_run: MakeRun) -> None:
        run = make_run(
            "gateway", DATABASE_URL="postgresql+asyncpg://a@b/c", REDIS_URL="redis://r", S3_ENDPOINT="http://s"
        )

        run.start()

        assert {file.stem for file in (run.data / "run").glob("*.pid")} == {"gateway", "supervisord"}


class TestTrouble:
    def test_a_service_that_can_not_start_is_named_with_its_last_words(self, make_run: MakeRun) -> None:
        run = make_run("auth", "gateway", AUTH_BROKEN="yes")

        process = run.begin()
        out, told = process.communicate(timeout=60)

        assert process.returncode == 1
        assert out == ""
        assert "auth: SETTING is needed" in told
        assert run.commands() == []

    def test_a_program_beyond_help_ends_the_run_with_a_failure(self, run: Run) -> None:
        process = run.start()
        (run.data / "run" / "broken").touch()

        run.kill("auth")
        _, told = process.communicate(timeout=60)

        assert process.returncode == 1
        assert "auth is beyond help" in told
        assert run.commands() == []

    def test_a_killed_program_is_started_again(self, run: Run) -> None:
        process = run.start()
        before = run.pid("valkey")

        run.kill("valkey")

        wait_until(lambda: run.pid("valkey") != before)
        assert process.poll() is None

    async def test_a_killed_launcher_takes_all_with_it_and_the_next_run_goes_on(self, whole_run: Run) -> None:
        process = whole_run.start()
        await ask(whole_run, "create table words (word text)", "insert into words values ('kept')")
        process.kill()

        whole_run.start()

        assert await ask(whole_run, "select word from words") == "kept"

    def test_a_killed_launcher_leaves_nothing_behind(self, whole_run: Run) -> None:
        whole_run.start().kill()

        wait_until(lambda: whole_run.commands() == [])

    def test_a_killed_supervisor_leaves_nothing_behind_either(self, whole_run: Run) -> None:
        process = whole_run.start()

        whole_run.kill("supervisord")
        process.communicate(timeout=60)

        assert process.returncode == 1
        assert whole_run.commands() == []


class TestServers:
    def test_only_the_servers_run_and_say_where(self, whole_run: Run) -> None:
        process = whole_run.begin("servers")
        assert process.stdout is not None
        first = process.stdout.readline()

        rest, _ = stop(process)

        assert first.startswith("DATABASE_URL=postgresql+asyncpg://guildhall:")
        assert rest.startswith("REDIS_URL=redis://:")
        assert process.returncode == 0


class TestDev:
    def test_one_service_starts_again_when_a_file_changes(self, run: Run) -> None:
        process = run.begin("dev", "auth")
        assert process.stderr is not None
        hints: list[str] = []
        while not hints or "Ctrl-C" not in hints[-1]:
            hints.append(process.stderr.readline())
        before = run.pid("auth")

        def saved_and_restarted() -> bool:
            Path(__file__).parents[3].joinpath("libs/testkit/src/testkit/runs.py").touch()
            return run.pid("auth") != before

        wait_until(saved_and_restarted)
        assert not (run.data / "run" / "gateway.pid").exists()
        assert not [line for line in hints if "/api/docs" in line or "make chat" in line]

    def test_an_unknown_service_is_refused(self, run: Run) -> None:
        process = run.begin("dev", "nobody")
        _, told = process.communicate(timeout=20)

        assert process.returncode == 1
        assert "there is no program nobody: auth, gateway are known" in told

    def test_a_bot_without_a_token_is_refused(self, make_run: MakeRun) -> None:
        process = make_run("bot").begin("dev", "bot")
        _, told = process.communicate(timeout=20)

        assert told == "guildhall: bot has no process without BOT_TOKEN\n"
