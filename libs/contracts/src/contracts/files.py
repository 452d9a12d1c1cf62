"""Files as messages show them."""

from uuid import UUID

import msgspec


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message, as it was when it was attached; its bytes are at `/api/v1/files/<id>`. Pictures have a size
    in pixels, and `preview` is the address of a small picture, where media has made one.
    """

    id: UUID
    filename: str
    size: int
    content_type: str
    width: int | None = None
    height: int | None = None
    preview: str | None = None
