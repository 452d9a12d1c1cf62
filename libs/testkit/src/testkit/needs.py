"""`python -m testkit.needs`: what the tests need and this machine lacks, in one line, before any of them runs."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from testkit import machine

ROOT: Final = Path(__file__).parents[4]
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def missing() -> Iterator[tuple[str, str]]:
    """What it is, and the Debian packages that bring it."""
    machine.provide_node()
    if not (shutil.which("node") and shutil.which("npm")):
        yield "Node.js with npm", "nodejs npm"
    if not machine.c_compiler():
        yield "a C compiler", "gcc libc6-dev"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        yield "setpriv", "util-linux"
    if has_browser_tests() and not any(map(shutil.which, BROWSERS)):
        yield "Chromium", "chromium fonts-noto-color-emoji"


def has_browser_tests() -> bool:
    """Whether a test drives a browser."""
    return any("playwright" in file.read_text() for file in ROOT.glob("tests-e2e/**/*.py"))


def main() -> int:
    """0 when nothing is missing."""
    found = list(missing())
    if found:
        names, packages = ", ".join(name for name, _ in found), " ".join(package for _, package in found)
        print(f"the tests need {names}: on Debian and Ubuntu `apt-get install {packages}`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
