"""What listens on a port, as far as the kernel tells us."""

from pathlib import Path

_LISTENING = "0A"


def describe(port: int) -> str:
    """`process 123 (python -m http.server)`, or `another process` when it is not ours to know."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        if any(_target(link) in sockets for link in _links(folder / "fd")):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"process {folder.name} ({command[:80]})"
    return "another process"


def _listening_inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTENING and int(local.rpartition(":")[2], 16) == port:
                found.add(inode)
    return found


def _links(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # gone, or another user's
        return []


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed since we looked
        return ""
