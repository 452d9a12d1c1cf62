"""Every lock is of the same dependencies, in the same versions."""

import re
import tomllib

import pytest

from . import tree

PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)", re.MULTILINE)
NAME = re.compile(r"[A-Za-z0-9._-]+")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall(tree.text(f"3rdparty/python/{lock}.txt")))


class TestLocks:
    def test_for_running_has_all_that_the_project_names(self) -> None:
        named = tomllib.loads(tree.text("pyproject.toml"))["project"]["dependencies"]
        wanted = {match[0].lower().replace("_", "-") for one in named if (match := NAME.match(one))}

        tree.check(wanted - pins("run").keys(), advice="Run `make lock`:")

    @pytest.mark.parametrize("lock", ["run", "node", "pytest"])
    def test_pin_what_the_whole_lock_pins(self, lock: str) -> None:
        whole = pins("default")

        tree.check(
            (f"{name} {version}" for name, version in pins(lock).items() if whole.get(name) != version),
            advice="Run `make lock`:",
        )
