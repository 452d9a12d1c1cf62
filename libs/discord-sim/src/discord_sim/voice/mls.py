"""The few MLS messages that a delivery service must read or make (RFC 9420, ciphersuite 2)."""

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from discord_sim.voice.tls import Malformed, Reader, vector

MLS_10 = b"\x00\x01"
CIPHERSUITE = b"\x00\x02"
PUBLIC_MESSAGE = b"\x00\x01"
KEY_PACKAGE_MESSAGE = MLS_10 + b"\x00\x05"
CREDENTIAL_BASIC = b"\x00\x01"
SENDER_MEMBER, SENDER_EXTERNAL = 1, 2
CONTENT_PROPOSAL, CONTENT_COMMIT = 2, 3
PROPOSAL_ADD, PROPOSAL_REMOVE = b"\x00\x01", b"\x00\x03"
BY_REFERENCE = 2
LEAF_KEY_PACKAGE, LEAF_COMMIT = 1, 3
UNLIMITED = b"\x00" * 8 + b"\xff" * 8
SHA256 = ec.ECDSA(hashes.SHA256())


class KeyPackage(msgspec.Struct, frozen=True):
    identity: bytes
    encoded: bytes

    @property
    def reference(self) -> bytes:
        return _reference(b"MLS 1.0 KeyPackage Reference", self.encoded)


class Commit(msgspec.Struct, frozen=True):
    """A commit message and what follows it in the same frame, the Welcome."""

    group_id: bytes
    epoch: int
    sender_leaf: int
    references: tuple[bytes, ...]
    encoded: bytes
    welcome: bytes


class Proposal(msgspec.Struct, frozen=True):
    """A proposal of the delivery service, as members get it and as commits refer to it."""

    encoded: bytes
    reference: bytes


class _Leaf(msgspec.Struct, frozen=True):
    signature_key: bytes
    identity: bytes
    lifetime: bytes


def read_key_package(encoded: bytes) -> KeyPackage:
    """Checks what Discord asks of a key package: suite, basic credential, unlimited life, signature.

    DAVE's paper wraps it in an MLSMessage and both libraries send it bare, so both are taken.
    """
    bare = encoded.removeprefix(KEY_PACKAGE_MESSAGE)
    reader = Reader(bare)
    if reader.take(4) != MLS_10 + CIPHERSUITE:
        raise Malformed("not a key package of ciphersuite 2")
    reader.vector()
    leaf = _read_leaf(reader)
    reader.vector()
    signed = bare[: reader.position]
    signature = reader.vector()
    if not reader.finished:
        raise Malformed("bytes after the key package")
    if leaf.lifetime != UNLIMITED:
        raise Malformed("the key package expires")
    _verify(leaf.signature_key, label=b"KeyPackageTBS", content=signed, signature=signature)
    return KeyPackage(identity=leaf.identity, encoded=bare)


def read_commit(encoded: bytes) -> Commit:
    reader = Reader(encoded)
    if reader.take(4) != MLS_10 + PUBLIC_MESSAGE:
        raise Malformed("not a public message")
    group_id, epoch = reader.vector(), reader.number(8)
    if reader.number(1) != SENDER_MEMBER:
        raise Malformed("only members commit")
    sender_leaf = reader.number(4)
    reader.vector()
    if reader.number(1) != CONTENT_COMMIT:
        raise Malformed("not a commit")
    proposals, references = Reader(reader.vector()), list[bytes]()
    while not proposals.finished:
        if proposals.number(1) != BY_REFERENCE:
            raise Malformed("a commit names its proposals by reference")
        references.append(proposals.vector())
    if reader.number(1):
        _read_leaf(reader)
        reader.vector()
    for _signature_confirmation_membership in range(3):
        reader.vector()
    return Commit(
        group_id=group_id,
        epoch=epoch,
        sender_leaf=sender_leaf,
        references=tuple(references),
        encoded=encoded[: reader.position],
        welcome=encoded[reader.position :],
    )


def welcome_for(welcome: bytes, *, reference: bytes) -> bytes:
    """The Welcome with the secrets of one new member only."""
    reader = Reader(welcome)
    suite, secrets, group_info = reader.take(2), Reader(reader.vector()), reader.vector()
    if not reader.finished:
        raise Malformed("bytes after the welcome")
    while not secrets.finished:
        key_package = secrets.vector()
        sealed = vector(secrets.vector()) + vector(secrets.vector())
        if key_package == reference:
            return suite + vector(vector(key_package) + sealed) + vector(group_info)
    raise Malformed("the welcome has nothing for a new member")


class ExternalSender:
    """The key with which a voice server proposes who is in the group."""

    def __init__(self, identity: bytes = bytes(8)) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.package = vector(public) + CREDENTIAL_BASIC + vector(identity)

    def propose_add(self, group_id: bytes, *, epoch: int, key_package: KeyPackage) -> Proposal:
        return self._propose(group_id, epoch=epoch, proposal=PROPOSAL_ADD + key_package.encoded)

    def propose_remove(self, group_id: bytes, *, epoch: int, leaf: int) -> Proposal:
        return self._propose(group_id, epoch=epoch, proposal=PROPOSAL_REMOVE + leaf.to_bytes(4, "big"))

    def _propose(self, group_id: bytes, *, epoch: int, proposal: bytes) -> Proposal:
        sender = bytes([SENDER_EXTERNAL]) + bytes(4)
        content = (
            vector(group_id) + epoch.to_bytes(8, "big") + sender + vector(b"") + bytes([CONTENT_PROPOSAL]) + proposal
        )
        to_sign = vector(b"MLS 1.0 FramedContentTBS") + vector(MLS_10 + PUBLIC_MESSAGE + content)
        signature = vector(self._key.sign(to_sign, SHA256))
        return Proposal(
            encoded=MLS_10 + PUBLIC_MESSAGE + content + signature,
            reference=_reference(b"MLS 1.0 Proposal Reference", PUBLIC_MESSAGE + content + signature),
        )


def _read_leaf(reader: Reader) -> _Leaf:
    reader.vector()
    signature_key = reader.vector()
    if reader.take(2) != CREDENTIAL_BASIC:
        raise Malformed("only basic credentials")
    identity = reader.vector()
    for _capability in range(5):
        reader.vector()
    source, lifetime = reader.number(1), b""
    if source == LEAF_KEY_PACKAGE:
        lifetime = reader.take(16)
    elif source == LEAF_COMMIT:
        reader.vector()
    reader.vector()
    reader.vector()
    return _Leaf(signature_key=signature_key, identity=identity, lifetime=lifetime)


def _verify(public: bytes, *, label: bytes, content: bytes, signature: bytes) -> None:
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        key.verify(signature, vector(b"MLS 1.0 " + label) + vector(content), SHA256)
    except (InvalidSignature, ValueError) as wrong:
        raise Malformed("the signature is wrong") from wrong


def _reference(label: bytes, value: bytes) -> bytes:
    return hashlib.sha256(vector(label) + vector(value)).digest()
