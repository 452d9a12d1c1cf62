"""Media's own key, by which it proves itself, and signs manifests."""

from pathlib import Path
from typing import Any

from jose import jwk

from chassis.service_tokens import public_jwk
from media.domain.manifest import KEY_ID


class SigningKey:
    """From a PEM file with an ES256 key."""

    def __init__(self, file: Path) -> None:
        pem = file.read_text()
        self.public: dict[str, Any] = public_jwk(KEY_ID, pem)
        self._key: Any = jwk.construct(pem, "ES256")

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)
