"""What players of others' making say of an Ogg Opus file."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus


class Opinion(msgspec.Struct, frozen=True):
    """How long it plays, and what is wrong with it; nothing, hopefully."""

    seconds: float
    faults: list[str]


def opinion(file: Path) -> Opinion:
    """Of mutagen, and of opusinfo where that is installed. Raises mutagen's errors for what is no Ogg Opus file."""
    faults = [*_faults_of_pages(file), *(_warnings_of_opusinfo(file) if shutil.which("opusinfo") else [])]
    untyped: Any = OggOpus(file).info
    return Opinion(untyped.length, faults)


def _faults_of_pages(file: Path) -> list[str]:
    """Pages that would be written differently (a wrong checksum is), or are out of order."""
    faults: list[str] = []
    content, position, number = file.read_bytes(), 0, 0
    with file.open("rb") as stream:
        while position < len(content):
            page = OggPage(stream)
            if page.write() != content[position : position + page.size]:
                faults.append(f"page {number} has a wrong checksum or segment table")
            if page.sequence != number:
                faults.append(f"page {page.sequence} stands where {number} should be")
            position, number = position + page.size, number + 1
    return faults


def _warnings_of_opusinfo(file: Path) -> list[str]:
    done = subprocess.run(["opusinfo", str(file)], capture_output=True, text=True, check=False, timeout=20)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line]
    return lines if done.returncode == 0 else [*lines, f"opusinfo ended with {done.returncode}"]
