"""Work in passes that may not fit into memory."""

import sys
from collections.abc import Sequence
from typing import Callable


class Passes:
    """Runs work in passes, as large as each kind of pass has been found to fit into memory."""

    def __init__(self, out_of_memory: type[BaseException], free: Callable[[], None]) -> None:
        self._out_of_memory, self._free = out_of_memory, free
        self._most: dict[str, int] = {}

    def run(self, key: str, places: Sequence[int], make: Callable[[Sequence[int]], None]) -> None:
        """Calls `make` on all places, in smaller passes once memory has run out. Raises when a single place does not fit."""
        done = 0
        while done < len(places):
            some = places[done : done + self._most.get(key, len(places))]
            try:
                make(some)
                done += len(some)
                continue
            except self._out_of_memory:
                if len(some) == 1:
                    raise
            print(f"out of memory with {len(some)} at once; halved", file=sys.stderr, flush=True)
            # Outside of the handler: the exception holds what filled the memory.
            self._free()
            self._most[key] = (len(some) + 1) // 2
