"""What stops a job early: its caller, its deadline, or the end of this worker."""

import threading
from typing import Callable

from .clock import Clock


class Stopped(Exception):
    """The job at hand was stopped."""


class TimedOut(Exception):
    """The time of the task at hand is over."""


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


class Limit:
    """What stops one task: its job's stop, or the end of its own time until it has answered."""

    def __init__(self, stop: Stop, clock: Clock, seconds: int | None) -> None:
        self._stop, self._clock = stop, clock
        self._over_at = None if seconds is None else clock.now() + seconds

    def lift(self) -> None:
        self._over_at = None

    def check(self) -> None:
        self._stop.check()
        if self._over_at is not None and self._clock.now() >= self._over_at:
            raise TimedOut
