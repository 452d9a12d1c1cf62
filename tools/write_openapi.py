"""`python -m tools.write_openapi`: docs/openapi/<service>.json, as each service describes itself; what the public may
call of them in `public.json`, and the realtime protocol in `asyncapi.json`."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from gateway.realtime import asyncapi
from gateway.routes import merging
from launcher import credentials, environment, programs
from tools.write_docs import ROOT, services

FOLDER: Final = "docs/openapi"
BEHIND_THE_GATEWAY: Final = ("auth", "messaging", "media")
"""In the order in which the gateway merges their documents."""


def documents() -> dict[str, bytes]:
    """Every document by its path from the root. No server runs: the settings are those of a run that never starts."""
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder)
        environ = environment.compose(
            os.environ,
            servers=programs.SWITCHES,
            services=services(),
            ports={name: 1 + number for number, name in enumerate([*programs.SWITCHES, *services()])},
            secrets=secrets,
            jwks=credentials.ensure_keys(secrets, services()),
        )
        by_service = {name: document(name, environ) for name in services()}
    combined = {"public": _encode(public(by_service)), "asyncapi": _encode(asyncapi.document())}
    return {f"{FOLDER}/{name}.json": content for name, content in (by_service | combined).items()}


def public(by_service: dict[str, bytes]) -> dict[str, Any]:
    """What the gateway serves at `/api/openapi.json` when every service answers; the web client's types come of it."""
    known = {name: json.loads(by_service[name]) for name in BEHIND_THE_GATEWAY}
    return merging.merge(json.loads(by_service["gateway"]), known)


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def document(service: str, environ: dict[str, str]) -> bytes:
    command = [sys.executable, "-m", service.replace("-", "_"), "openapi"]
    return subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True).stdout + b"\n"


def main() -> None:
    for path, content in documents().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
        print(path)


if __name__ == "__main__":
    main()
