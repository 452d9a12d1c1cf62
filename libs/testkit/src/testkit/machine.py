"""What tests need of a machine, taken from the locks where the machine has none (see tools/setup)."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

NODE_MAJOR_MIN: Final = 20


def provide_node() -> None:
    """Put the locks' Node and npm first on the PATH, unless those of the machine are new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _major(node) >= NODE_MAJOR_MIN:
        return
    own = Path(sys.prefix, "node-bin")
    if own.exists():
        os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def c_compiler() -> list[str]:
    """The command that takes gcc's options; empty where there is none."""
    if gcc := shutil.which("gcc"):
        return [gcc]
    return [sys.executable, "-m", "ziglang", "cc"] if importlib.util.find_spec("ziglang") else []


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
