"""PostgreSQL, Valkey and SeaweedFS from their wheels: started by us when no outside server is named."""

from embedded.failures import EmbeddedError as EmbeddedError
from embedded.server import Server as Server
