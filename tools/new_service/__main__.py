"""`make new-service NAME=polls`: a service that runs, from the template, known everywhere a service has to be known."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TEMPLATE: Final = Path(__file__).parent / "template"
WORD: Final = "newservice"
NAME: Final = re.compile(r"[a-z][a-z0-9]{2,30}")


class Refused(Exception):
    """The name can't be taken."""


def create(name: str) -> None:
    """Write the service's files, and its name into the lists of services."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} can't be a service: take one plain word, such as polls")
    if any((ROOT / place / name).exists() for place in ("services", "libs")) or name in sys.stdlib_module_names:
        raise Refused(f"{name} is there already: take another word")
    copy(TEMPLATE / "service", ROOT / "services" / name, name)
    contracts = ROOT / "libs/contracts/src/contracts"
    copy(TEMPLATE / "contracts", contracts, name)
    for example in contracts.glob(f"{name}.*.json"):
        example.rename(contracts / "examples" / example.name)
    write_program(name)
    enlist(name)
    mine = [f"services/{name}", f"libs/contracts/src/contracts/{name}.py", "libs/contracts/src/contracts/registry.py"]
    for command in (["check", "--quiet", "--fix"], ["format", "--quiet"]):  # the order of imports follows the name
        subprocess.run([sys.executable, "-m", "ruff", *command, *mine], cwd=ROOT, check=True)


def write_program(name: str) -> None:
    """Its file for the supervisor, with a port that no other program has when each runs in a container."""
    folder = ROOT / "deploy/image/programs"
    texts = "\n".join(file.read_text() for file in folder.glob("*.conf"))
    ports = [int(port) for port in re.findall(r"(?m)^default_port=(\d+)$", texts)]
    program = (folder / "messaging.conf").read_text().replace("messaging", name)
    (folder / f"{name}.conf").write_text(re.sub(r"(?m)^default_port=\d+$", f"default_port={max(ports) + 1}", program))


def copy(source: Path, target: Path, name: str) -> None:
    """Copy a folder with the word replaced in paths and texts."""
    for file in source.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            place = target / file.relative_to(source).as_posix().replace(WORD, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.read_text().replace(WORD, name).replace(WORD.upper(), name.upper()))
            shutil.copymode(file, place)


def enlist(name: str) -> None:
    """Add the name wherever all services are listed."""
    insert("pyproject.toml", before=r'"recorder_bot"', text=f'"{name}", ')
    insert("pyproject.toml", before=r"(?<= )recorder_bot(?= \|)", text=f"{name} | ")
    insert("pyproject.toml", before=r'"services/recorder-bot/src"', text=f'"services/{name}/src", ')
    insert(
        "libs/chassis/src/chassis/settings.py",
        before=r'"otel_exporter_otlp_endpoint",',
        text=f'"{name}_url",\n        ',
    )
    insert("libs/contracts/src/contracts/registry.py", before=r"(?<=from contracts import )", text=f"{name}, ")
    insert(
        "libs/contracts/src/contracts/registry.py", before=r"(?<=\.\.\.\]\] = \(\n)", text=f"    {name}.NoteAdded,\n"
    )


def insert(path: str, *, before: str, text: str) -> None:
    """Put a text before every match; a file that no longer has one is a mistake in this program."""
    file = ROOT / path
    changed, places = re.subn(before, lambda match: text + match[0], file.read_text())
    if not places:
        raise LookupError(f"{path} has no place that matches {before}")
    file.write_text(changed)


def main() -> int:
    name = " ".join(sys.argv[1:])
    try:
        create(name)
    except Refused as refusal:
        print(f"new-service: {refusal}")
        return 1
    (ROOT / ".venv/.ready").unlink(missing_ok=True)  # so that the next `make` lets Python find it
    print(f"services/{name} is there: `make test ARGS=services/{name}` tests it, `make run` starts it with the rest.")
    print("Next: its nouns in domain.py and contracts, its README, and its paths in the gateway (docs/howto).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
