"""Words that have no place in the tree."""

import ast
import re

from . import tree

SILENCES_PER_1000_LINES_MAX = 1.0
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
REGISTRIES = re.compile("|".join([r"pypi\.", r"pythonhosted\.", r"registry\.npmjs\.", r"registry\.yarnpkg\."]))
SILENCE = re.compile(r"#\s*(noqa|type: ignore|pyright: ignore)(?P<rule>:\s*[A-Z]+\d+|\[\w+)?")


def prose() -> list[str]:
    """What people here wrote: not locks of npm, not vendored scripts."""
    return [path for path in tree.files() if not path.endswith((".js", "package-lock.json")) and path != THIS]


THIS = "tests-e2e/tidy/test_words.py"


class TestWords:
    def test_about_unfinished_things_say_where_they_are_tracked(self) -> None:
        tree.check(
            (
                f"{path}:{number}"
                for path in prose()
                for number, line in enumerate(tree.text(path).splitlines(), 1)
                if UNFINISHED.search(line)
            ),
            advice="Do it now, or name the issue, TODO(#12):",
        )

    def test_name_no_package_registry(self) -> None:
        tree.check(
            (path for path in tree.files() if path != THIS and REGISTRIES.search(tree.text(path))),
            advice="Where packages come from is the business of who installs them; remove the address:",
        )

    def test_of_npm_locks_carry_no_addresses(self) -> None:
        tree.check(
            (path for path in tree.files() if path.endswith("package-lock.json") and '"resolved"' in tree.text(path)),
            advice="Set omit-lockfile-registry-resolved=true in .npmrc and lock again:",
        )


class TestSilencedWarnings:
    def test_are_rare(self) -> None:
        silences = {path: len(SILENCE.findall(tree.text(path))) for path in tree.python() if path != THIS}
        allowed = sum(tree.lines(path) for path in tree.python()) * SILENCES_PER_1000_LINES_MAX / 1000

        assert sum(silences.values()) <= allowed, (
            f"{sum(silences.values())} silenced warnings, {allowed:.0f} are allowed; cure some:\n  "
            + "\n  ".join(f"{count} {path}" for path, count in sorted(silences.items()) if count)
        )

    def test_name_their_rule(self) -> None:
        tree.check(
            (
                f"{path}: {match[0]}"
                for path in tree.python()
                for match in SILENCE.finditer(tree.text(path))
                if path != THIS and not match["rule"]
            ),
            advice="Name the rule, noqa: S603 or pyright: ignore[reportX]:",
        )


class TestMarkdown:
    def test_has_one_title(self) -> None:
        tree.check(
            (
                f"{path}: {titles} titles"
                for path in tree.files()
                if path.endswith(".md")
                and (titles := len(re.findall(r"^# ", without_code(tree.text(path)), re.MULTILINE))) != 1
            ),
            advice="Each page has one title, '# ', and begins with it:",
        )


def without_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)


class TestClocks:
    def test_say_not_yet_by_never(self) -> None:
        """Zero is a moment of `time.monotonic()`: a second ago on a machine that has just booted."""
        offenders = (
            f"{path}:{node.lineno} {name}"
            for path in tree.python(tests=False)
            for node in ast.walk(tree.syntax(path))
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for name in _assigned(node)
            if name.endswith(("_at", "_since"))
        )
        tree.check(offenders, advice="Write `contracts.times.NEVER` for a time that has not come yet:")


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names to which 0.0 is assigned here."""
    if not isinstance(node.value, ast.Constant) or repr(node.value.value) != "0.0":
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [getattr(target, "attr", getattr(target, "id", "")) for target in targets]
