"""What msgspec raises over input of unknown origin."""

from typing import Final

import msgspec

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Not JSON or not of the shape asked for; a key that is no UTF-8; values nested deeper than Python's stack."""
