"""The commands that the README and the start page name, pasted as they stand."""

import html
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import msgspec
import pytest

from testkit import needs
from testkit.runs import Run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def paste(commands: str) -> str:
    """What a shell prints to them; the first that fails ends it."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def launcher(run: Run, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(run.data), "PORT": str(run.port)}
    command = [sys.executable, "-m", "launcher", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


class TestReadme:
    def test_says_how_to_get_it_and_what_it_needs(self) -> None:
        assert "git clone" in README
        assert "Python 3.11 to 3.13" in README

    def test_its_program_makes_a_space(self, run: Run) -> None:
        [commands] = re.findall(r"```sh\n(  api=.*?)```", README, re.DOTALL)

        printed = paste(commands.replace("http://localhost:8000", run.url))

        assert '"name":"The guild"' in printed


class TestStartPage:
    def test_its_steps_post_a_message(self, run: Run) -> None:
        [steps] = re.findall(r"<pre>(.*?)</pre>", page(f"{run.url}/"), re.DOTALL)

        printed = paste(html.unescape(steps))

        assert '"content":"Hello, **world**"' in printed

    def test_names_all_six_programs_and_how_they_are(self, run: Run) -> None:
        rows = dict(re.findall(r"<li class=\"(?:\w+)\"><b>([\w-]+)</b>.*?<em>(\w+)</em>", page(f"{run.url}/")))

        assert rows == {
            "auth": "ok", "messaging": "ok", "media": "ok", "redis": "ok",
            "control-bot": "away", "recorder-bot": "away",
        }  # fmt: skip


class TestFirstAdministrator:
    def test_is_made_by_a_command_once(self, run: Run) -> None:
        paste(
            f"curl -sSf -H 'content-type: application/json' {run.url}/api/v1/auth/register -d "
            """'{"email": "cyd@example.org", "password": "seven purple otters", "display_name": "Cyd"}'"""
        )

        first = launcher(run, "exec", "auth", "make-admin", "cyd@example.org")
        second = launcher(run, "exec", "auth", "make-admin", "cyd@example.org")

        assert (first.returncode, first.stdout) == (0, "Cyd administrates this server now\n")
        assert (second.returncode, "Traceback" in second.stderr) == (1, False)

    def test_of_a_stranger_is_refused_in_a_sentence(self, run: Run) -> None:
        refused = launcher(run, "exec", "auth", "make-admin", "nobody@example.org")

        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1


class TestCommandsOfTheLauncher:
    def test_health_is_that_of_the_edge_or_of_a_program(self, run: Run) -> None:
        assert launcher(run, "health").stdout == "ok\n"

    def test_exec_needs_a_run(self, run: Run, tmp_path: Path) -> None:
        elsewhere = Run(tmp_path)

        refused = launcher(elsewhere, "exec", "auth", "rotate-keys")

        assert refused.stderr == (
            f"guildhall: nothing runs on {elsewhere.data}: start it with `make run`, then do this again\n"
        )

    def test_keys_are_made_for_programs_that_are_served_apart(self, run: Run, tmp_path: Path) -> None:
        elsewhere = Run(tmp_path)

        made = launcher(elsewhere, "keys")

        assert made.stdout == f"the keys are in {elsewhere.data}/secrets\n"
        jwks = msgspec.json.decode((elsewhere.data / "secrets" / "services.jwks.json").read_bytes())
        assert {key["kid"] for key in jwks["keys"]} >= {"auth", "media", "gateway"}

    def test_serve_names_every_setting_that_is_missing(self, run: Run, tmp_path: Path) -> None:
        refused = launcher(Run(tmp_path), "serve", "media")

        assert refused.returncode == 2
        assert "media cannot start" in refused.stderr
        assert "DATABASE_URL: is needed" in refused.stderr


class TestMake:
    def test_finds_here_what_tests_need(self) -> None:
        assert list(needs.missing()) == []

    @pytest.mark.parametrize(
        ("arguments", "workers"),
        [
            ("services/auth/tests/test_tokens.py", "-n0"),
            ("services/auth/tests/test_tokens.py::TestKeys -x", "-n0"),
            ("services/auth -k login", "-n 2"),
        ],
    )
    def test_runs_one_file_in_one_process(self, arguments: str, workers: str) -> None:
        assert f"pytest {workers} " in paste(f"make -C '{ROOT}' -n test ARGS='{arguments}'")

    def test_of_a_bad_name_of_a_service_ends_in_a_sentence(self) -> None:
        command = ["make", "-C", str(ROOT), "new-service", "NAME=Bad Name"]
        refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

        assert refused.returncode != 0
        assert "'Bad Name' can't be a service: take one plain word, such as polls" in refused.stdout
        assert "Traceback" not in refused.stderr

    def test_lists_a_line_of_help_for_every_command(self) -> None:
        helped = paste(f"make -C '{ROOT}' help")

        assert {"run", "chat", "admin", "test", "image"} <= set(re.findall(r"make (\S+)", helped))
