"""How much is asked of a server, and shown of it, at once."""

from typing import Final

MAX_READ: Final = 500  # nodes whose values are asked for
MAX_CHILDREN: Final = 2_000  # of one node
MAX_FOUND: Final = 100  # by a search
MAX_SEARCHED: Final = 50_000
SEARCH_S: Final = 8.0
