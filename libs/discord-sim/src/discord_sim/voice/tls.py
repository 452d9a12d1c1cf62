"""TLS presentation language as MLS uses it (RFC 9420, section 2.1): numbers and length-prefixed vectors."""


class Malformed(ValueError):
    """Bytes that are not what they claim to be."""


def vector(content: bytes) -> bytes:
    """`content` behind its variable-length size."""
    size = len(content)
    if size < 1 << 6:
        return bytes([size]) + content
    if size < 1 << 14:
        return (0x4000 | size).to_bytes(2, "big") + content
    return (0x8000_0000 | size).to_bytes(4, "big") + content


class Reader:
    """Walks through bytes and refuses to read past their end."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.position = 0

    @property
    def finished(self) -> bool:
        return self.position == len(self._content)

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self._content):
            raise Malformed("the message ends too early")
        taken = self._content[self.position : end]
        self.position = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        first = self.number(1)
        prefix = first >> 6
        if prefix == 3:
            raise Malformed("a vector's size has an unknown prefix")
        size = first & 0x3F
        for byte in self.take((1 << prefix) - 1):
            size = size << 8 | byte
        return self.take(size)
