"""Work in passes that may not fit into memory."""

import sys
from collections.abc import Sequence
from typing import Callable


def in_halves(
    places: Sequence[int],
    make: Callable[[Sequence[int]], None],
    out_of_memory: type[BaseException],
    free: Callable[[], None],
) -> None:
    """Does `make(places)`; when memory runs out, its halves. A single place that does not fit raises."""
    try:
        make(places)
        return
    except out_of_memory:
        if len(places) == 1:
            raise
    print(f"out of memory with {len(places)} at once; halved", file=sys.stderr, flush=True)
    # Outside of the handler: the exception holds what filled the memory.
    free()
    middle = (len(places) + 1) // 2
    in_halves(places[:middle], make, out_of_memory, free)
    in_halves(places[middle:], make, out_of_memory, free)
