"""For `make dev`: has a source file changed?"""

from pathlib import Path


class Sources:
    """The Python files below some folders, and their times when last looked at."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders
        self._seen = self._times()

    def changed(self) -> bool:
        """Whether one was changed, added or removed since the last call."""
        before, self._seen = self._seen, self._times()
        return before != self._seen

    def _times(self) -> dict[Path, int]:
        files = (file for folder in self._folders for file in folder.rglob("*.py"))
        return {file: file.stat().st_mtime_ns for file in files if file.exists()}
