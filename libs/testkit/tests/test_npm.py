"""Packages for Node are installed once for each state of their lock. An `npm` that counts stands in for npm itself."""

from pathlib import Path

import pytest

from testkit.npm import NpmFailed, installed

COUNTS = "#!/bin/sh\n/bin/mkdir -p node_modules\necho ci >>calls\n"
FAILS = "#!/bin/sh\necho 'no such package' >&2\nexit 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a lock."""
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


def provide(npm: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an `npm` on the PATH, and nothing else."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("npm", "node"):
        (programs / name).write_text(npm)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))


class TestInstalled:
    def test_installs_once_until_the_lock_changes(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        provide(COUNTS, folder, monkeypatch)

        assert installed(folder) == installed(folder) == folder
        assert (folder / "calls").read_text() == "ci\n"
        (folder / "package-lock.json").write_text('{"packages": {}}')
        installed(folder)

        assert (folder / "calls").read_text() == "ci\nci\n"

    def test_says_what_npm_said_and_tries_again(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        provide(FAILS, folder, monkeypatch)

        for _ in range(2):
            with pytest.raises(NpmFailed, match="no such package"):
                installed(folder)

    def test_says_that_there_is_no_npm(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")

        with pytest.raises(NpmFailed, match=r"Node\.js 20 or newer, with npm, is needed"):
            installed(folder)
