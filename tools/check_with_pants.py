"""`make pants`: every target linted, tested and packaged by itself; forbidden imports refused; every PEX starts."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from embedded import ports
from launcher import programs

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ROOT / "dist/services"
PROGRAMS: Final = ROOT / "deploy/image/programs"
ENVIRON: Final = os.environ | {
    "PANTS_PANTSD": "false",
    "PANTS_DYNAMIC_UI": "false",
    # The Python of .venv alone: for each further one that a machine has, everything would be installed once more.
    "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": f"['{Path(sys.base_prefix, 'bin')}']",
}
TRESPASS: Final = "services/messaging/src/messaging/trespass.py"
STOP_SECONDS: Final = 200  # longer than the launcher gives its own
ALIVE_SECONDS: Final = 60
BOT: Final = "MTIzNDU2Nzg5MDEyMzQ1Njc4.G.s"
BOTS: Final = {
    "CONTROL_BOT_DISCORD_TOKEN": BOT,
    "CONTROL_BOT_DISCORD_REST_URL": "http://127.0.0.1:1",
    "RECORDER_BOT_DISCORD_TOKENS": BOT,
    "RECORDER_BOT_DISCORD_REST_URL": "http://127.0.0.1:1",
}
"""Without a token they have no process; nobody answers there."""


class Failed(Exception):
    """Something that `make pants` promises is not so."""


def main() -> int:
    try:
        lint_test_and_package()
        refuse_a_trespass()
        packed = start_the_packages()
    except (Failed, subprocess.CalledProcessError) as failure:
        print(f"pants: FAILED: {failure}")
        return 1
    for line in left_out():
        print(f"pants: not run in sandboxes: {line}")
    print(
        f"pants: every target is linted and tested; a forbidden import is refused; /livez answered: {', '.join(packed)}"
    )
    return 0


def lint_test_and_package() -> None:
    """What fails is run once more, and that is said: Pants keeps what passed, and `make test` has no second try."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    command = [ROOT / "tools/pants", "tailor", "--check", "lint", "test", "package", "::"]
    if subprocess.run(command, env=ENVIRON, check=False).returncode != 0:
        print("pants: what failed above is run once more", flush=True)
        subprocess.run(command, env=ENVIRON, check=True)


def left_out() -> Iterator[str]:
    """Tests that a BUILD file keeps out of the sandboxes, with the reason that stands above them."""
    for build in sorted(ROOT.glob("*/**/BUILD")):
        text = build.read_text()
        if "skip_tests=True" in text:
            names = sorted(skipped(text, {file.name for file in build.parent.rglob("test_*.py")}))
            reason = text.partition("\n")[0].lstrip("# ")
            yield f"{len(names)} in {build.parent.relative_to(ROOT)} ({', '.join(names)}): {reason}"


def skipped(build: str, files: set[str]) -> set[str]:
    """All of them, or those that the overrides name, or all but those."""
    named = set(re.findall(r'"(test_\w+\.py)"', build))
    return named if "dict(skip_tests=True)" in build else files - named


def refuse_a_trespass() -> None:
    """Plant an import of one service in another, in a copy, and see it refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "guildhall")
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, files.split("\0")):
            if (ROOT / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        (copy / TRESPASS).write_text('"""Not allowed."""\n\nimport auth.settings\n')
        command = [copy / "tools/pants", "dependencies", TRESPASS]
        refused = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    if refused.returncode == 0 or not re.search(r"trespass\.py.* -> .*auth/settings\.py", refused.stderr):
        raise Failed(f"messaging may import auth:\n{refused.stdout}{refused.stderr}")


def start_the_packages() -> list[str]:
    """Run the whole system from its PEX files, on embedded servers; the services that answered."""
    packages = {name: PACKAGES / f"{name}.pex" for name in programs.services(PROGRAMS)}
    with tempfile.TemporaryDirectory() as name, running(packages, Path(name)) as numbers:
        for service in packages:
            wait_until_alive(service, numbers[service])
    return list(packages)


def wait_until_alive(service: str, port: int) -> None:
    """The launcher waits for all but the bots."""
    until = time.monotonic() + ALIVE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=10):
                return
        except OSError as problem:  # also what urllib raises for a status that is none of the good ones
            if time.monotonic() > until:
                raise Failed(f"{service} does not answer on /livez: {problem}") from problem
        time.sleep(0.1)


@contextmanager
def running(packages: dict[str, Path], folder: Path) -> Generator[dict[str, int]]:
    """The launcher with the container's program list, each `-m service` replaced by its PEX; gives everybody's port."""
    folder.chmod(0o755)  # the servers run as somebody else
    environ = ENVIRON | {"PEX_ROOT": str(folder / "pex")}
    shutil.copytree(PROGRAMS, folder / "programs")
    for name, file in packages.items():
        program = folder / "programs" / f"{name}.conf"
        program.write_text(in_place_of_the_module(program.read_text(), name, file))
        unpack(file, environ)
    (port,) = ports.choose(1)
    environ |= BOTS | {"PORT": str(port), "DATA_DIR": str(folder / "data"), "PROGRAMS_DIR": str(folder / "programs")}
    command = [sys.executable, "-m", "launcher"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as launcher:
        try:
            if launcher.stdout is None or not launcher.stdout.readline().startswith("ready"):
                raise Failed("the system does not start from its PEX files, see above")
            yield json.loads((folder / "data/ports.json").read_text()) | {"gateway": port}
        finally:
            launcher.terminate()
            launcher.wait(STOP_SECONDS)
    if launcher.returncode != 0:
        raise Failed(f"the system stops with {launcher.returncode}, see above")


def unpack(package: Path, environ: dict[str, str]) -> None:
    """What the first start does, and may take longer for than a launcher waits."""
    first = subprocess.run([sys.executable, package, "help"], env=environ, capture_output=True, text=True, check=False)
    if first.returncode != 0:
        raise Failed(f"{package.name} does not start:\n{first.stderr[-3000:]}")


def in_place_of_the_module(program: str, service: str, package: Path) -> str:
    """The service's program file, with its PEX as what is started."""
    module = f"-m {service.replace('-', '_')} serve"
    if module not in program:
        raise Failed(f"the program file of {service} does not start it with `{module}`")
    return program.replace(module, f'"{package}" serve')


if __name__ == "__main__":
    sys.exit(main())
