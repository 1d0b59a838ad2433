"""A cache of compiled functions."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

# A program takes a few MB, and a search over architectures creates one for each.
MOST_PROGRAMS = 64


class Cache:
    """A cache that keeps the most recently used values."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the value of a key, created if it is missing."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                if len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def __len__(self) -> int:
        return len(self._made)
