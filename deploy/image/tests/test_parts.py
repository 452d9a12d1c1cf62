"""The launcher's parts, without processes."""

import importlib
import io
import os
import shlex
import shutil
import socket
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from jose import jwt

from embedded import ports
from embedded.identity import Identity
from launcher import credentials, data_directory, environment, log_lines, logs, memory, mode, port_owner, programs
from launcher.__main__ import parse, plan_from
from launcher.data_directory import DataDirectory
from launcher.exit_listener import Exits
from launcher.failures import LaunchError
from launcher.plan import set_up
from launcher.programs import Program
from launcher.progress import Progress
from launcher.supervisor import last_exit
from testkit import folders

PROGRAMS = Path(__file__).parents[1] / "programs"


class TestKeys:
    def test_what_a_service_signs_is_verified_by_the_published_half(self, tmp_path: Path) -> None:
        jwks = msgspec.json.decode(credentials.ensure_keys(tmp_path, ["auth", "gateway"]).read_bytes())
        key = next(key for key in jwks["keys"] if key["kid"] == "gateway")

        token = jwt.encode({"sub": "gateway"}, credentials.key_file(tmp_path, "gateway").read_text(), algorithm="ES256")

        assert jwt.decode(token, key, algorithms=["ES256"])["sub"] == "gateway"

    def test_a_new_program_gets_a_key_and_the_others_keep_theirs(self, tmp_path: Path) -> None:
        first = msgspec.json.decode(credentials.ensure_keys(tmp_path, ["auth"]).read_bytes())

        second = msgspec.json.decode(credentials.ensure_keys(tmp_path, ["auth", "media"]).read_bytes())

        assert [key["kid"] for key in second["keys"]] == ["auth", "media"]
        assert second["keys"][0] == first["keys"][0]


class TestPrograms:
    def test_every_program_is_its_file(self) -> None:
        for name in [*programs.SWITCHES, *programs.services(PROGRAMS)]:
            text = (PROGRAMS / f"{name}.conf").read_text()

            assert text.startswith(f"[program:{name}]\n")
            assert f'run-program" {name} ' in text
            assert f"=log/{name}.log" in text

    def test_a_server_runs_unless_an_outside_one_is_named(self) -> None:
        assert programs.embedded_servers({"DATABASE_URL": "x", "REDIS_URL": ""}) == ["valkey", "seaweedfs"]


class TestEnvironment:
    def test_what_is_given_wins_over_what_is_made_up(self, tmp_path: Path) -> None:
        made = environment.compose(
            {"LOG_FORMAT": "pretty", "CONTROL_BOT_PORT": "7", "VALKEY_PORT": "6379"},
            servers=["valkey"],
            services=["control-bot"],
            ports={"valkey": 1, "control-bot": 2, "gateway": 3},
            secrets=tmp_path,
            jwks=tmp_path / "jwks",
        )

        assert made["LOG_FORMAT"] == "pretty"
        assert made["CONTROL_BOT_PORT"] == "7"
        assert made["CONTROL_BOT_URL"] == "http://127.0.0.1:7"
        assert made["CONTROL_BOT_SERVICE_KEY_FILE"] == str(tmp_path / "control-bot.key.pem")
        assert made["REDIS_URL"].endswith("@127.0.0.1:1/0")
        assert made["VALKEY_PORT"] == "1"
        assert "DATABASE_URL" not in made

    @pytest.mark.parametrize(
        "given", [{}, {"PUBLIC_URL": "https://guildhall.example"}, {"S3_PUBLIC_URL": "https://s3"}]
    )
    def test_browsers_come_to_our_own_store_through_the_gateway(self, tmp_path: Path, given: dict[str, str]) -> None:
        ports = {"seaweedfs": 1, "gateway": 2}

        made = environment.compose(
            given, servers=["seaweedfs"], services=[], ports=ports, secrets=tmp_path, jwks=tmp_path / "jwks"
        )

        assert made["S3_PUBLIC_URL"] == given.get("S3_PUBLIC_URL", made["PUBLIC_URL"])

    def test_auths_master_key_is_made_once_in_a_file_of_its_owner(self, tmp_path: Path) -> None:
        ports = {"auth": 1, "gateway": 2}

        def made(**given: str) -> str:
            environ = environment.compose(
                given, servers=[], services=["auth"], ports=ports, secrets=tmp_path, jwks=tmp_path / "jwks"
            )
            return environ["AUTH_MASTER_KEY"]

        first = made()

        assert len(first) >= 32
        assert first == made() == (tmp_path / "auth-master.key").read_text()
        assert stat.S_IMODE((tmp_path / "auth-master.key").stat().st_mode) == 0o600
        assert made(AUTH_MASTER_KEY="from elsewhere") == "from elsewhere"

    def test_each_program_is_given_its_own_settings_and_the_secrets_it_names(self) -> None:
        environ = {
            "AUTH_MASTER_KEY": "m", "MEDIA_URL": "u", "DATABASE_URL": "d", "REDIS_URL": "r", "S3_SECRET_KEY": "s",
            "AUTH_URL": "u", "PUBLIC_URL": "u", "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "of the user",
        }  # fmt: skip
        media = Program("media", secrets=frozenset({"DATABASE_URL"}))

        given = environment.of_program(media, environ, ["auth", "media"])

        assert set(given) == {"MEDIA_URL", "DATABASE_URL", "AUTH_URL", "PUBLIC_URL", "PATH"}

    @pytest.mark.parametrize("name", programs.services(PROGRAMS))
    def test_a_program_file_names_the_secrets_that_the_settings_have(self, name: str) -> None:
        settings = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
        fields = {field.name.upper() for field in msgspec.structs.fields(settings)}

        assert programs.read(PROGRAMS, name).secrets == fields & environment.SHARED_SECRETS


class TestSetUp:
    @pytest.mark.parametrize("given", [{}, {"S3_ENDPOINT": "https://s3"}, {"MEDIA_STORE_VACUUM_URL": "http://mine"}])
    def test_media_is_told_how_our_own_store_is_vacuumed(self, given: dict[str, str]) -> None:
        folder = folders.make()
        try:
            plan = plan_from(given | {"DATA_DIR": str(folder / "data"), "PORT": str(ports.choose(1)[0])}, parse([]))
            plan.home.make()
            told = set_up(plan).get("MEDIA_STORE_VACUUM_URL")
            settings = (plan.home.settings / "media").read_text()
        finally:
            shutil.rmtree(folder)

        assert bool(told) is ("S3_ENDPOINT" not in given)
        assert told == given.get("MEDIA_STORE_VACUUM_URL", told)
        assert (f"export MEDIA_STORE_VACUUM_URL={shlex.quote(told or '')}\n" in settings) is bool(told)


class TestMode:
    @pytest.mark.parametrize("given", [{}, {"PUBLIC_URL": "http://localhost:8000"}, {"GATEWAY_HOST": "127.0.0.2"}])
    def test_is_development_where_this_machine_alone_comes(self, given: dict[str, str]) -> None:
        assert mode.choose(given) == "development"

    @pytest.mark.parametrize(
        "given",
        [{"PUBLIC_URL": "https://guildhall.example.org"}, {"BIND_HOST": "0.0.0.0"}, {"AUTH_HOST": "::"}],
    )
    def test_is_production_where_others_come(self, given: dict[str, str]) -> None:
        assert mode.choose(given) == "production"
        with pytest.raises(LaunchError, match="shows everyone's mails, reset links included"):
            mode.choose(given | {"ENVIRONMENT": "development"})

    def test_of_production_says_what_is_missing(self) -> None:
        line = mode.describe({"ENVIRONMENT": "production", "PUBLIC_URL": "http://guildhall.example.org"})

        assert "PUBLIC_URL is not https" in line
        assert "AUTH_SMTP_URL is not set" in line
        assert "Missing" not in mode.describe(
            {"ENVIRONMENT": "production", "PUBLIC_URL": "https://g.example", "AUTH_SMTP_URL": "smtp://m"}
        )


class TestExits:
    def test_as_many_as_allowed_within_the_window_are_too_many(self) -> None:
        exits = Exits(count_max=3, seconds=600)

        verdicts = [exits.verdict("PROCESS_STATE_EXITED", "auth", at=at) for at in (0.0, 1.0, 601.0, 601.5, 602.0)]

        assert verdicts == ["", "", "", "", "is beyond help: it ended 3 times within 10 minutes"]

    def test_of_different_programs_are_counted_apart(self) -> None:
        exits = Exits(count_max=2, seconds=600)

        assert not any(exits.verdict("PROCESS_STATE_EXITED", name, at=1.0) for name in ("auth", "media"))


class TestMemory:
    def test_too_little_is_refused_in_a_sentence(self) -> None:
        with pytest.raises(LaunchError, match="512 MB of memory are too little for everything"):
            memory.refuse_too_little({}, limit=512 << 20)

    @pytest.mark.parametrize(("given", "limit"), [({}, None), ({}, 1 << 30), ({"MEMORY_MB_MIN": "400"}, 512 << 20)])
    def test_enough_is_not(self, given: dict[str, str], limit: int | None) -> None:
        memory.refuse_too_little(given, limit=limit)


class TestLogLines:
    @pytest.mark.parametrize(
        ("program", "line", "level", "text"),
        [
            ("postgres", "2026-11-29 18:47:07.079 UTC [12] LOG:  ready", "info", "ready"),
            ("postgres", "2026-11-29 18:47:07.079 UTC [12] FATAL:  no", "critical", "no"),
            ("valkey", "7:M 29 Nov 2026 18:47:07.079 * ready", "info", "ready"),
            ("valkey", "7:M 29 Nov 2026 18:47:07.079 # beware", "warning", "beware"),
            ("seaweedfs", "W1129 18:47:07.872250 admin.go:438 beware", "warning", "admin.go:438 beware"),
            ("seaweedfs", "  S3 is up", "info", "  S3 is up"),
        ],
    )
    def test_have_the_programs_name_and_the_level(self, program: str, line: str, level: str, text: str) -> None:
        translated = msgspec.json.decode(log_lines.translate(program, f"{line}\n", pretty=False, quiet=False))

        assert (translated["service"], translated["level"], translated["event"]) == (program, level, text)

    def test_that_a_program_wrote_past_its_log_are_errors_and_its_own_stay_as_they_are(self) -> None:
        own = '{"event": "service.started"}\n'

        stray = msgspec.json.decode(log_lines.translate("auth", "Traceback\n", pretty=False, quiet=False))

        assert (stray["service"], stray["level"], stray["event"]) == ("auth", "error", "Traceback")
        assert log_lines.translate("auth", own, pretty=False, quiet=False) == own

    def test_of_a_quiet_server_are_its_warnings_alone(self) -> None:
        lines = ["7:M 29 Nov 2026 18:47:07.079 * ready\n", "7:M 29 Nov 2026 18:47:07.079 # beware\n"]

        shown = [log_lines.translate("valkey", line, pretty=True, quiet=True) for line in lines]

        assert shown == ["", "warning  beware service=valkey\n"]


class TestLastExit:
    def test_is_the_programs_own_in_words(self) -> None:
        log = "x exited: auth (exit status 2; expected)\nx exited: auth (terminated by SIGKILL; not expected)\n"

        assert last_exit(log, "auth") == " (terminated by SIGKILL: out of memory?)"
        assert last_exit(log, "media") == ""


class TestPlan:
    @pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
    def test_a_port_that_is_none_is_refused(self, port: str) -> None:
        with pytest.raises(LaunchError, match=f"PORT={port} is not a port"):
            plan_from({"PORT": port}, parse([]))

    def test_the_gateways_own_setting_is_its_port_too(self) -> None:
        assert plan_from({"GATEWAY_PORT": "9000"}, parse([])).url == "http://localhost:9000"

    def test_the_edge_is_stopped_before_what_is_behind_it(self) -> None:
        plan = plan_from({"PROGRAMS_DIR": str(PROGRAMS)}, parse([]))

        assert list(plan.groups) == ["servers", "services", "edge"]
        assert plan.groups["edge"] == ["gateway"]


class TestDataDirectory:
    def test_a_folder_that_belongs_to_somebody_else_is_refused_with_a_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        DataDirectory(tmp_path).make()

        def closed(path: Path, _: int) -> bool:
            return path.name != "run"

        monkeypatch.setattr(os, "access", closed)

        with pytest.raises(LaunchError, match=f"{tmp_path}/run is not writable: start as its owner, or name another"):
            DataDirectory(tmp_path).make()

    def test_servers_data_go_elsewhere_when_they_could_not_be_reached(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def blocked_at(_: Identity, path: Path) -> Path:
            return path.parent

        monkeypatch.setattr(Identity, "blocked_at", blocked_at)
        monkeypatch.setattr(data_directory, "REACHABLE", tmp_path / "lib")
        place = DataDirectory(tmp_path / "var")
        place.make()

        servers = place.servers()

        assert servers.parent == tmp_path / "lib"
        assert (tmp_path / "var" / "servers").is_symlink()
        assert place.servers() == servers


class TestFollower:
    def test_it_loses_no_line_and_cuts_none_when_the_file_is_rotated(self, tmp_path: Path) -> None:
        file = tmp_path / "auth.log"
        file.write_text("from an earlier run\n")
        out = io.StringIO()
        follower = logs.Follower([file], out, pretty=True)
        follower.start()

        with file.open("a") as stream:
            stream.write("one\ntw")
            stream.flush()
            stream.write("o\n")
        file.rename(tmp_path / "auth.log.1")
        file.write_text("three\n")
        follower.stop()

        assert out.getvalue() == "one\ntwo\nthree\n"


class TestProgress:
    def test_elsewhere_than_on_a_terminal_it_is_plain_lines(self) -> None:
        out = io.StringIO()
        progress = Progress(["auth"], out)

        progress.show("auth", "starting")
        progress.show("auth", "ready")
        progress.show("auth", "ready")

        assert out.getvalue() == "auth is ready (0.0 s)\n"


class TestPortOwner:
    def test_who_listens_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            said = port_owner.describe(server.getsockname()[1])

        assert Path(sys.executable).name in said or "pytest" in said
