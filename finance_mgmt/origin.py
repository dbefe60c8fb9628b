"""Where a command came from: the id of the request that is being answered, if one is."""

from contextvars import ContextVar

# Set by the web's door around each request, read when a decision is written down (Z8). Jobs and
# management commands have none.
request_id: ContextVar[str] = ContextVar("request_id", default="")
