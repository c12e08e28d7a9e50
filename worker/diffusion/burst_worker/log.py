"""One JSON line per event on stdout, in printable ASCII. Ids, counts and reasons only."""

import json
import sys
import threading
from typing import Any, Callable

from .clock import Clock

Log = Callable[..., None]


def create_log(clock: Clock) -> Log:
    lock = threading.Lock()

    def log(event: str, **facts: Any) -> None:
        line = json.dumps({"at": clock.now_text(), "event": event, **facts}).replace("\x7f", "\\u007f")
        with lock:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    return log
