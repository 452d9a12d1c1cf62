"""The launcher's parts, without processes."""

import io
import os
import socket
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from jose import jwt

from embedded.identity import Identity
from launcher import credentials, environment, home, logs, occupant, programs
from launcher.__main__ import plan_from
from launcher.failures import LaunchError
from launcher.home import Home
from launcher.progress import Progress

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
            assert f"/log/{name}.log" in text

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


class TestPlan:
    @pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
    def test_a_port_that_is_none_is_refused(self, port: str) -> None:
        with pytest.raises(LaunchError, match=f"PORT={port} is not a port"):
            plan_from({"PORT": port}, [])

    def test_the_gateways_own_setting_is_its_port_too(self) -> None:
        assert plan_from({"GATEWAY_PORT": "9000"}, []).url == "http://127.0.0.1:9000"

    def test_the_edge_is_stopped_before_what_is_behind_it(self) -> None:
        plan = plan_from({"PROGRAMS_DIR": str(PROGRAMS)}, [])

        assert list(plan.groups) == ["servers", "services", "edge"]
        assert plan.groups["edge"] == ["gateway"]


class TestHome:
    def test_a_folder_that_belongs_to_somebody_else_is_refused_with_a_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Home(tmp_path).make()

        def closed(path: Path, _: int) -> bool:
            return path.name != "run"

        monkeypatch.setattr(os, "access", closed)

        with pytest.raises(LaunchError, match=f"{tmp_path}/run is not writable: start as its owner, or name another"):
            Home(tmp_path).make()

    def test_servers_data_go_elsewhere_when_they_could_not_be_reached(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def blocked_at(_: Identity, path: Path) -> Path:
            return path.parent

        monkeypatch.setattr(Identity, "blocked_at", blocked_at)
        monkeypatch.setattr(home, "REACHABLE", tmp_path / "lib")
        place = Home(tmp_path / "var")
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
        follower = logs.Follower([file], out)
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

        progress.tell("auth", "starting")
        progress.tell("auth", "ready")
        progress.tell("auth", "ready")

        assert out.getvalue() == "auth is ready (0.0 s)\n"


class TestOccupant:
    def test_who_listens_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            said = occupant.describe(server.getsockname()[1])

        assert Path(sys.executable).name in said or "pytest" in said
