"""Small files and small functions; the tail is guarded, and shown on every run."""

import statistics

import pytest

from . import tree

LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
MEDIAN_LINES_MAX = 120


def function_lines() -> dict[str, int]:
    return {
        f"{path}:{function.lineno} {function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for path in tree.python()
        for function in tree.functions(path)
    }


class TestFiles:
    def test_are_not_long(self) -> None:
        tree.check(
            (
                f"{path}: {tree.lines(path)} lines"
                for path in tree.python()
                if tree.lines(path) > (TEST_LINES_MAX if tree.is_test(path) else LINES_MAX)
            ),
            advice=f"Cut by noun into a folder of the same name: at most {LINES_MAX} lines, {TEST_LINES_MAX} in tests.",
        )

    def test_are_small_in_the_middle(self) -> None:
        sizes = [tree.lines(path) for path in tree.python(tests=False) if not path.endswith("__init__.py")]

        assert statistics.median(sizes) <= MEDIAN_LINES_MAX


class TestFunctions:
    def test_are_not_long(self) -> None:
        tree.check(
            (f"{name}: {size} lines" for name, size in function_lines().items() if size > FUNCTION_LINES_MAX),
            advice=f"Give its parts names of their own: at most {FUNCTION_LINES_MAX} lines.",
        )


class TestTheTail:
    def test_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        files = sorted(((tree.lines(path), path) for path in tree.python()), reverse=True)
        functions = sorted(((size, name) for name, size in function_lines().items()), reverse=True)

        with capsys.disabled():
            print("\nthe ten longest files and functions:")
            for (size, path), (function_size, function) in zip(files[:10], functions[:10], strict=True):
                print(f"  {size:4} {path:60} {function_size:3} {function}")

        assert files
