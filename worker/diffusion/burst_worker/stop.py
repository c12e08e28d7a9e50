"""What stops a job early: its caller, its deadline, or the end of this worker."""

import threading
from typing import Callable


class Stopped(Exception):
    """The job at hand was stopped."""


class Stop:
    """Set once, with its reason: `cancelled` or `interrupted`. Whoever blocks leaves word how to be woken."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reason: str | None = None
        self._lock = threading.Lock()
        self._wake: list[Callable[[], None]] = []

    def set(self, reason: str) -> None:
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            self.event.set()
            waking = list(self._wake)
        for wake in waking:
            wake()

    def check(self) -> None:
        if self.event.is_set():
            raise Stopped

    def on_set(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` when it is set, at once if it is. Returns what takes that back."""
        with self._lock:
            if self.reason is None:
                self._wake.append(wake)
                return lambda: self._forget(wake)
        wake()
        return lambda: None

    def _forget(self, wake: Callable[[], None]) -> None:
        with self._lock:
            if wake in self._wake:
                self._wake.remove(wake)
