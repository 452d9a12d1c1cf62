"""Each service's own key, by which it proves itself to the others, and the list of the public halves."""

import base64
from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from embedded.secret_files import write

JWKS_NAME = "services.jwks.json"


class PublicKey(msgspec.Struct, frozen=True):
    """One entry of a JWKS (RFC 7517); `kid` is the service's name."""

    kid: str
    x: str
    y: str
    kty: str = "EC"
    crv: str = "P-256"
    use: str = "sig"
    alg: str = "ES256"


def key_file(folder: Path, service: str) -> Path:
    """Where a service's private key lies."""
    return folder / f"{service}.key.pem"


def ensure_keys(folder: Path, services: Iterable[str]) -> Path:
    """Make the keys that are missing, write the JWKS again; the answer is its file."""
    keys = [_public_half(service, _private_key(key_file(folder, service))) for service in sorted(services)]
    jwks = folder / JWKS_NAME
    write(jwks, msgspec.json.format(msgspec.json.encode({"keys": keys}), indent=1).decode())
    return jwks


def _private_key(file: Path) -> ec.EllipticCurvePrivateKey:
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write(file, pem.decode())
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file} is not an EC key")
    return key


def _public_half(service: str, key: ec.EllipticCurvePrivateKey) -> PublicKey:
    numbers = key.public_key().public_numbers()
    return PublicKey(kid=service, x=_base64url(numbers.x), y=_base64url(numbers.y))


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
