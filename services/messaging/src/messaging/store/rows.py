"""A row as the drivers give it: columns by name."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import RowMapping

Row: TypeAlias = RowMapping | Mapping[str, Any]
"""SQLAlchemy's own, or asyncpg's."""
