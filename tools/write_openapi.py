"""`python -m tools.write_openapi`: docs/openapi/<service>.json, as each service describes itself."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from launcher import credentials, environment, programs
from tools.write_docs import ROOT, services


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
        return {f"docs/openapi/{name}.json": document(name, environ) for name in services()}


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
