"""What a run comes through: power cuts, copies, strange paths, programs that die again and again."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from testkit.runs import NotReady, Run
from testkit.waiting import wait_until

MakeRun = Callable[..., Run]
PATHS = ['it\'s a "new" 100% [copy], ünïcode', "%(ENV_PATH)s", "long-" * 26]


def zombies_of(pid: int) -> list[str]:
    """The processes that have ended and that this one has not asked about."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = file.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(parent) == pid:
            found.append(file.parent.name)
    return found


class TestPowerCut:
    def test_the_next_run_is_ready_at_once(self, whole_run: Run) -> None:
        whole_run.start()
        whole_run.cut_power()

        process = whole_run.start(READY_SECONDS="60")

        assert process.poll() is None

    def test_numbers_of_then_are_no_processes_of_now(self, run: Run) -> None:
        run.start()
        run.cut_power()
        (run.data / "run" / "forgotten.pid").write_text(str(os.getpid()))

        process = run.start()
        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 0


class TestCopy:
    def test_of_a_running_installation_runs_beside_it(self, make_run: MakeRun, run_folder: Path) -> None:
        make_run("auth", "gateway").start()
        shutil.copytree(run_folder / "var", run_folder / "copy", ignore=shutil.ignore_patterns("*.sock"))
        if os.geteuid() == 0:
            for folder, _, files in os.walk(run_folder / "copy"):
                for name in (folder, *(f"{folder}/{file}" for file in files)):
                    shutil.chown(name, *original_owner(run_folder, name))

        process = make_run("auth", "gateway", data="copy").start()

        assert process.poll() is None


def original_owner(root: Path, copied: str) -> tuple[int, int]:
    status = os.lstat(copied.replace(str(root / "copy"), str(root / "var"), 1))
    return status.st_uid, status.st_gid


class TestPaths:
    @pytest.mark.parametrize("name", PATHS)
    def test_any_characters_and_130_of_them_are_a_path(self, make_run: MakeRun, name: str) -> None:
        process = make_run("auth", "gateway", data=name).start()

        process.send_signal(signal.SIGTERM)

        assert process.wait(60) == 0

    def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(self, run: Run) -> None:
        run.data.mkdir()
        (run.data / "holiday.jpg").touch()

        with pytest.raises(NotReady, match=re.escape(f"{run.data} is not empty and not a data folder of Guildhall")):
            run.start()

        assert [entry.name for entry in run.data.iterdir()] == ["holiday.jpg"]


class TestZombies:
    def test_a_killed_postgres_leaves_none(self, whole_run: Run) -> None:
        whole_run.start()
        before = whole_run.pid("postgres")

        whole_run.kill("postgres")

        wait_until(lambda: whole_run.pid("postgres") != before, seconds=30)
        wait_until(lambda: zombies_of(whole_run.pid("supervisord")) == [], seconds=10)


class TestUnexpectedExits:
    def test_too_often_ends_the_run_and_says_how_they_ended(self, make_run: MakeRun) -> None:
        run = make_run(
            "auth", "gateway", tries=10, DATABASE_URL="postgresql://a@b/c", S3_ENDPOINT="http://s",
            UNEXPECTED_EXITS_MAX="2",
        )  # fmt: skip
        process = run.start()
        before = run.pid("auth")
        run.kill("auth")
        wait_until(lambda: run.pid("auth") != before, seconds=30)

        run.kill("auth")
        _, told = process.communicate(timeout=60)

        assert process.returncode == 1
        assert "auth is beyond help: it ended 2 times within 10 minutes" in told
        assert "terminated by SIGKILL: out of memory?" in told


class TestProgramsThatNothingWaitsFor:
    """The bots: Discord away, or a token that is none, keeps nobody from anything else."""

    def make(self, make_run: MakeRun, **environ: str) -> Run:
        return make_run("auth", "gateway", "bot", DATABASE_URL="postgresql://a@b/c", S3_ENDPOINT="http://s", **environ)

    def test_without_their_token_have_no_process(self, make_run: MakeRun) -> None:
        run = self.make(make_run)
        process = run.start()

        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)

        assert "bot is off: BOT_TOKEN is not set" in told
        assert not (run.data / "run" / "bot.pid").exists()

    def test_that_can_not_start_are_named_with_the_reason_and_end_nothing(self, make_run: MakeRun) -> None:
        process = self.make(make_run, BOT_TOKEN="x", BOT_BROKEN="yes").start()
        assert process.stderr is not None

        told = next(line for line in process.stderr if line.startswith("ready, but"))

        assert told == "ready, but bot: bot: SETTING is needed\n"
        assert process.poll() is None

    def test_that_are_not_ready_are_named_with_what_their_health_says(self, make_run: MakeRun) -> None:
        process = self.make(make_run, BOT_TOKEN="x", BOT_PROBLEM="Discord does not answer").start()
        assert process.stderr is not None

        told = next(line for line in process.stderr if line.startswith("ready, but"))

        assert told == "ready, but bot: check: Discord does not answer\n"


class TestReasons:
    def test_a_service_that_does_not_become_ready_is_named_with_its_own_reason(self, make_run: MakeRun) -> None:
        run = make_run(
            "auth", "gateway", DATABASE_URL="postgresql://a@b/c", S3_ENDPOINT="http://s",
            AUTH_PROBLEM="only 12 MiB are free", READY_SECONDS="5",
        )  # fmt: skip

        with pytest.raises(NotReady, match="auth is not ready after 5 s: check: only 12 MiB are free"):
            run.start()
