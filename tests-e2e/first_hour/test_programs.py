"""What the running programs are and know."""

from pathlib import Path

import pytest

from launcher import programs
from testkit.runs import Run

SECRETS = {
    "AUTH_MASTER_KEY": {"auth"},
    "DATABASE_URL": {"auth", "messaging", "media"},
    "S3_SECRET_KEY": {"media"},
    "S3_ACCESS_KEY": {"media"},
    "RECORDER_BOT_DISCORD_TOKENS": {"recorder-bot"},
}
RUNNING = ("auth", "messaging", "media", "gateway", "recorder-bot", "supervisord", "postgres", "valkey", "seaweedfs")


def environ_of(run: Run, program: str) -> set[str]:
    content = Path("/proc", str(run.pid(program)), "environ").read_bytes().decode()
    return {entry.partition("=")[0] for entry in content.split("\0")}


class TestLeastPrivilege:
    @pytest.mark.parametrize("secret", SECRETS)
    def test_a_secret_is_given_to_those_who_need_it_alone(self, run: Run, secret: str) -> None:
        having = {program for program in RUNNING if secret in environ_of(run, program)}

        assert having == SECRETS[secret]

    def test_a_program_has_its_own_key_and_no_other(self, run: Run) -> None:
        for program in ("auth", "messaging", "media", "gateway", "recorder-bot"):
            keys = {name for name in environ_of(run, program) if name.endswith("_SERVICE_KEY_FILE")}

            assert keys == {f"{program.upper().replace('-', '_')}_SERVICE_KEY_FILE"}

    def test_the_values_are_nowhere_in_the_environment_of_others(self, run: Run) -> None:
        master_key = (run.data / "secrets" / "auth-master.key").read_bytes()

        having = [
            program for program in RUNNING if master_key in Path("/proc", str(run.pid(program)), "environ").read_bytes()
        ]

        assert having == ["auth"]


class TestBots:
    def test_that_can_not_connect_keep_nothing_else_from_starting(self, run: Run) -> None:
        log = (run.data / "log" / "control-bot.log").read_text()

        assert "control-bot cannot start: CONTROL_BOT_DISCORD_TOKEN: the token is not one" in log
        assert "Traceback" not in log

    def test_are_the_programs_that_nothing_waits_for(self) -> None:
        folder = programs.IMAGE / "programs"
        optional = [name for name in programs.services(folder) if programs.read(folder, name).only_with]

        assert optional == ["control-bot", "recorder-bot"]


class TestMemory:
    def test_of_a_program_without_tables_holds_no_database_client(self, run: Run) -> None:
        libraries = Path("/proc", str(run.pid("gateway")), "maps").read_text()

        assert "/msgspec/" in libraries
        assert "/sqlalchemy/" not in libraries
        assert "/asyncpg/" not in libraries


class TestServers:
    def test_none_complains_of_its_own_parts(self, run: Run) -> None:
        lines = (run.data / "log" / "seaweedfs.log").read_text().splitlines()

        assert not [line for line in lines if "69699" in line or "invalid port" in line or "worker connection" in line]
