"""Stands in for a service: answers its health paths, or goes wrong as told. Run as `stand_in.py NAME`."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    """Well, unless a problem is named."""

    problem = ""

    def do_GET(self) -> None:
        self.send_response(503 if self.problem else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"status": "failing", "checks": {"check": self.problem}}).encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(name: str) -> None:
    if os.environ.get(f"{name.upper()}_BROKEN") or Path(os.environ["DATA_DIR"], "run", "broken").exists():
        sys.exit(f"{name}: SETTING is needed")
    Health.problem = os.environ.get(f"{name.upper()}_PROBLEM", "")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ[f"{name.upper()}_PORT"])), Health)
    sys.stdout.write('{"event": "service.started"}\n')
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
