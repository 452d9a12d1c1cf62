"""Every service has the same rooms, and no room is empty, nameless or forgotten."""

import ast
import re

import pytest

from . import tree

NO_NAMES = {"utils", "util", "common", "helpers", "misc", "core", "base", "manager", "managers", "stuff"}


def package(service: str) -> str:
    return f"services/{service}/src/{service.replace('-', '_')}"


class TestAService:
    @pytest.mark.parametrize("service", tree.SERVICES)
    def test_has_its_rooms(self, service: str) -> None:
        source = package(service)
        expected = {
            *(f"services/{service}/{name}" for name in ("README.md", "BUILD", "tests/BUILD")),
            *(f"{source}/{name}" for name in ("BUILD", "__init__.py", "__main__.py", "app.py", "settings.py")),
        }

        tree.check(expected - set(tree.files()), advice="Each service has these files (make new-service shows them):")

    @pytest.mark.parametrize("service", tree.SERVICES)
    def test_reads_the_environment_only_in_main(self, service: str) -> None:
        tree.check(
            (
                path
                for path in tree.python(tests=False)
                if path.startswith(package(service))
                and not path.endswith("__main__.py")
                and re.search(r"\benviron\b|\bgetenv\b", tree.text(path))
            ),
            advice="Make it a field of Settings, which __main__ reads, and pass it on:",
        )


class TestModules:
    def test_say_what_they_are_for(self) -> None:
        tree.check(
            (path for path in tree.python() if tree.text(path).strip() and not ast.get_docstring(tree.syntax(path))),
            advice="Begin with one line that says what the room is for:",
        )

    def test_have_names_that_mean_something(self) -> None:
        tree.check(
            (path for path in tree.python() if NO_NAMES & set(path.removesuffix(".py").split("/"))),
            advice="Name it by what it holds; what one service needs stays there:",
        )

    def test_are_imported_by_somebody(self) -> None:
        everything = "\n".join(tree.text(path) for path in tree.files() if not path.endswith((".lock", ".js")))
        started = set(re.findall(r"-m[\", ]+([a-z_.]+)", everything))
        imported = {name for path in tree.python() for name in imports(path)}

        tree.check(
            (
                path
                for path in tree.python(tests=False)
                if (name := tree.module(path))
                and not path.endswith(("__init__.py", "__main__.py"))
                and "/migrations/" not in path
                and name not in imported | started | {"testkit.plugin"}
            ),
            advice="Nobody imports it; remove it, or use it:",
        )

    def test_that_pants_is_told_of_exist(self) -> None:
        known = set(tree.files())

        tree.check(
            (
                f"{build}: {name}"
                for build in known
                if build.endswith("/BUILD")
                for name in re.findall(r'"([\w-]+\.py)"', tree.text(build))
                if f"{build.removesuffix('BUILD')}{name}" not in known
            ),
            advice="Pants stops at a name that is not there; rename it in the BUILD file too:",
        )

    def test_belong_to_a_target_of_pants(self) -> None:
        owned = [path.removesuffix("BUILD") for path in tree.files() if path.endswith("/BUILD")]
        targets = [folder for folder in owned if "python_" in tree.text(f"{folder}BUILD")]

        tree.check(
            (path for path in tree.python() if path != "conftest.py" and not path.startswith(tuple(targets))),
            advice="Put a BUILD with python_sources(), or python_tests(), beside the package or the tests:",
        )


def imports(path: str) -> set[str]:
    """Every module that a file may mean by its imports."""
    here = (tree.module(path) or "").split(".")
    inside = here if path.endswith("__init__.py") else here[:-1]
    meant: set[str] = set()
    for node in ast.walk(tree.syntax(path)):
        if isinstance(node, ast.Import):
            meant |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = inside[: len(inside) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            meant |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return meant
