"""Secrets that we generate: one file each, readable by its owner only, never printed, never on a command line."""

import os
import secrets
from pathlib import Path


def read_or_generate(folder: Path, name: str, *, length: int = 32) -> str:
    """The secret of that name; made on first use, from then on the same."""
    file = folder / name
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(file, secrets.token_urlsafe(length))
    return file.read_text().strip()


def write(file: Path, text: str) -> None:
    """Write a file that never exists half-written, nor for a moment readable by others."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(file)
