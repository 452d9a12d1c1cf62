"""The repository as the house rules see it: every file that git knows or would take, read once."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = tuple(sorted(folder.parent.name for folder in ROOT.glob("services/*/BUILD")))


@cache
def files() -> tuple[str, ...]:
    """Paths from the root, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted({path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()}))


def python(*, tests: bool | None = None) -> tuple[str, ...]:
    """Our Python files; only tests, or all but tests, when asked."""
    return tuple(path for path in files() if path.endswith(".py") and tests in {None, is_test(path)})


def is_test(path: str) -> bool:
    return "/tests/" in path or path.startswith("tests-e2e/")


@cache
def text(path: str) -> str:
    """What stands in it; nothing for what is no text."""
    try:
        return (ROOT / path).read_text()
    except UnicodeDecodeError:
        return ""


def present(path: str) -> str | None:
    """The same, or None where there is no such file."""
    return text(path) if (ROOT / path).is_file() else None


@cache
def syntax(path: str) -> ast.Module:
    return ast.parse(text(path), path)


def lines(path: str) -> int:
    return len(text(path).splitlines())


def functions(path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def module(path: str) -> str | None:
    """The dotted name under which a file of a source root is imported."""
    _, _, inside = path.partition("/src/")
    if not inside:
        return None
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def check(offenders: Iterable[str], *, advice: str) -> None:
    """Pass when nobody offends; else name everybody and say what to do."""
    named = sorted(offenders)
    assert not named, f"{advice}\n  " + "\n  ".join(named)
