"""The two encryption modes between a client and the voice server, as the server does them."""

from collections.abc import Callable
from typing import Protocol

import msgspec
import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError

NONCE_BYTES = 4


class Unauthentic(Exception):
    """It was not sealed with this key."""


class Cipher(Protocol):
    def seal(self, nonce: bytes, plaintext: bytes, header: bytes) -> bytes: ...

    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes: ...


class AesGcm:
    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        return self._aead.encrypt(nonce.ljust(12, b"\0"), plaintext, header)

    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce.ljust(12, b"\0"), sealed, header)
        except InvalidTag as wrong:
            raise Unauthentic from wrong


class XChaCha20Poly1305(msgspec.Struct, frozen=True):
    key: bytes

    def seal(self, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        padded = nonce.ljust(24, b"\0")
        return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, header, padded, self.key)

    def open(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            padded = nonce.ljust(24, b"\0")
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, padded, self.key)
        except (CryptoError, ValueError) as wrong:
            raise Unauthentic from wrong


CIPHERS: dict[str, Callable[[bytes], Cipher]] = {
    "aead_aes256_gcm_rtpsize": AesGcm,
    "aead_xchacha20_poly1305_rtpsize": XChaCha20Poly1305,
}
