"""Media's own key, by which it proves itself, and signs manifests."""

from pathlib import Path
from typing import Any

from chassis import jwt
from media.domain.manifest import KEY_ID


class SigningKey:
    """From a PEM file with an ES256 key."""

    def __init__(self, file: Path) -> None:
        pem = file.read_text()
        self.public: dict[str, Any] = jwt.public_jwk(KEY_ID, pem)
        self._sign = jwt.signer(pem)

    def sign(self, message: bytes) -> bytes:
        return self._sign(message)
