"""`python -m embedded postgres --data DIR --port N`: prepare the data folder, then become the server."""

import argparse
import sys
from pathlib import Path

from embedded.failures import EmbeddedError
from embedded.identity import Identity
from embedded.kinds import KINDS
from embedded.launch import claim


def main() -> int:
    """Only returns when the server can't be started: 1 with one line that says why."""
    parser = argparse.ArgumentParser(prog="embedded", description="Start a server from its wheel, on loopback.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--data", type=Path, required=True, help="its data folder; made on first use")
    parser.add_argument("--port", type=int, required=True, help="its port on 127.0.0.1")
    parser.add_argument("--secrets", type=Path, required=True, help="folder of generated passwords and keys")
    parser.add_argument("--no-fsync", action="store_true", help="for tests: quicker, loses data at a power cut")
    parser.add_argument("--die-with-parent", action="store_true", help="stop when the process that started it ends")
    asked = parser.parse_args()
    data: Path = asked.data.absolute()
    try:
        identity = Identity.choose(data)
        claim(data, port=asked.port, identity=identity)
        launch = KINDS[asked.kind].prepare(
            data, port=asked.port, secrets=asked.secrets.absolute(), identity=identity, fsync=not asked.no_fsync
        )
        launch.execute(dies_with_parent=asked.die_with_parent)
    except (EmbeddedError, OSError) as problem:
        print(f"{asked.kind}: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
