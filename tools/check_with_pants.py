"""`make pants`: every target linted, tested and packaged by itself; forbidden imports refused; every PEX starts."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from embedded import ports

ROOT: Final = Path(__file__).parents[1]
ENVIRON: Final = os.environ | {
    "PANTS_PANTSD": "false",
    "PANTS_DYNAMIC_UI": "false",
    # The Python of .venv alone: for each further one that a machine has, everything would be installed once more.
    "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": f"['{Path(sys.base_prefix, 'bin')}']",
}
TRESPASS: Final = "services/messaging/src/messaging/trespass.py"
STOP_SECONDS: Final = 60


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
    subprocess.run(
        [ROOT / "tools/pants", "tailor", "--check", "lint", "test", "package", "::"], env=ENVIRON, check=True
    )


def left_out() -> Iterator[str]:
    """Tests that a BUILD file keeps out of the sandboxes, with the reason that stands above them."""
    for build in sorted(ROOT.glob("*/**/BUILD")):
        text = build.read_text()
        if "skip_tests=True" in text:
            all_here = sorted(file.relative_to(build.parent).as_posix() for file in build.parent.rglob("test_*.py"))
            names = re.findall(r'"(test_\w+\.py)": dict\(skip_tests', text) or all_here
            reason = text.partition("\n")[0].lstrip("# ")
            yield f"{len(names)} in {build.parent.relative_to(ROOT)} ({', '.join(names)}): {reason}"


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
    packages = {file.stem: file for file in sorted((ROOT / "dist/services").glob("*.pex"))}
    for file in packages.values():  # the first start unpacks it, which may take longer than a launcher waits
        subprocess.run([sys.executable, file, "help"], stdout=subprocess.DEVNULL, check=True)
    with tempfile.TemporaryDirectory() as folder, running(packages, Path(folder)) as public_port:
        numbers = json.loads(Path(folder, "data/ports.json").read_text()) | {"gateway": public_port}
        for name in packages:
            with urllib.request.urlopen(f"http://127.0.0.1:{numbers[name]}/livez", timeout=10) as answer:
                if answer.status != 200:
                    raise Failed(f"{name} answers {answer.status} on /livez")
    return list(packages)


@contextmanager
def running(packages: dict[str, Path], folder: Path) -> Generator[int]:
    """The launcher with the container's program list, each `-m service` replaced by its PEX; gives the public port."""
    folder.chmod(0o755)
    shutil.copytree(ROOT / "deploy/image/programs", folder / "programs")
    for name, file in packages.items():
        program = folder / "programs" / f"{name}.conf"
        program.write_text(program.read_text().replace(f"-m {name.replace('-', '_')} serve", f'"{file}" serve'))
    (port,) = ports.choose(1)
    environ = ENVIRON | {"PORT": str(port), "DATA_DIR": str(folder / "data"), "PROGRAMS_DIR": str(folder / "programs")}
    command = [sys.executable, "-m", "launcher"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as launcher:
        try:
            if launcher.stdout is None or not launcher.stdout.readline().startswith("ready"):
                raise Failed("the system does not start from its PEX files, see above")
            yield port
        finally:
            launcher.terminate()
            launcher.wait(STOP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
