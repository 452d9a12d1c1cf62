"""Stands in for a service: answers its health paths, or goes wrong as told. Run as `stand_in.py NAME`."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    """Well, always."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(name: str) -> None:
    if name in os.environ.get("STAND_IN_BROKEN", "") or Path(os.environ["DATA_DIR"], "run", "broken").exists():
        sys.exit(f"{name}: SETTING is needed")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ[f"{name.upper()}_PORT"])), Health)
    sys.stdout.write('{"event": "service.started"}\n')
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
