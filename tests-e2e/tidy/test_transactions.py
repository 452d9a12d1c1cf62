"""One request, one transaction, one commit at the edge; one line of migrations per service."""

import ast
import re

import pytest

from . import tree

DATE = re.compile(r"^\d{4}_\d{2}_\d{2}_\d{4}_[a-z0-9_]+\.py$")
EDGES = ("events.py", "__main__.py")


def migrations(service: str) -> list[str]:
    source = f"services/{service}/src/{service.replace('-', '_')}/migrations/versions/"
    return [path for path in tree.python() if path.startswith(source)]


def constants(path: str) -> dict[str, str | None]:
    """`revision` and `down_revision` as a migration states them."""
    found: dict[str, str | None] = {}
    for node in tree.syntax(path).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | None as value))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str() | None as value))
            ):
                found[name] = value
            case _:
                pass
    return found


class TestCommit:
    def test_stands_only_at_the_edge(self) -> None:
        tree.check(
            (
                f"{path}:{node.lineno}"
                for path in tree.python(tests=False)
                if path.startswith("services/") and not path.endswith(EDGES)
                for node in ast.walk(tree.syntax(path))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
            ),
            advice="The edge opens the transaction and commits it (`engine.begin()`); take the connection as argument:",
        )


@pytest.mark.parametrize("service", [service for service in tree.SERVICES if migrations(service)])
class TestMigrations:
    def test_are_named_by_date(self, service: str) -> None:
        tree.check(
            (path for path in migrations(service) if not DATE.match(path.rpartition("/")[2])),
            advice="Name it 2026_11_23_1015_add_channels.py:",
        )

    def test_form_one_line_in_the_order_of_their_names(self, service: str) -> None:
        stated = [constants(path) for path in migrations(service)]
        revisions = [one.get("revision") for one in stated]

        assert [one.get("down_revision") for one in stated] == [None, *revisions[:-1]], (
            "each migration follows the one before it in the folder; there is one head"
        )
