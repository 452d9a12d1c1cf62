"""The two ways in which packets between a client and a voice server are sealed."""

from collections.abc import Callable
from typing import Protocol

import msgspec
import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError

NONCE_BYTES = 4
TAG_BYTES = 16


class Unauthentic(Exception):
    """The packet was not sealed with this key, or was damaged."""


class Cipher(Protocol):
    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        """`nonce` is the packet's last four bytes; raises Unauthentic."""
        ...


class AesGcm:
    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce + bytes(8), sealed, header)
        except InvalidTag:
            raise Unauthentic from None


class XChaCha20Poly1305(msgspec.Struct, frozen=True):
    key: bytes

    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, nonce + bytes(20), self.key)
        except CryptoError:
            raise Unauthentic from None


MODES: dict[str, Callable[[bytes], Cipher]] = {
    "aead_aes256_gcm_rtpsize": AesGcm,
    "aead_xchacha20_poly1305_rtpsize": XChaCha20Poly1305,
}
"""What we speak, the preferred one first."""
