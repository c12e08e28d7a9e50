"""The worker's time. Deadlines and waits are in this clock; only network timeouts are not."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable

# A timer of Python takes no longer delay; it is set again then.
LONGEST_TIMER_SECONDS = 86_400.0


def seconds_of(instant: str) -> float:
    """Seconds since 1970 of an instant as the contract writes it: ISO 8601, UTC, milliseconds."""
    at = datetime.strptime(instant, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return at.timestamp()


@dataclass(frozen=True)
class Clock:
    """now = origin + (real now - real origin) * speed; the defaults are the real time."""

    origin_seconds: float = 0.0
    real_origin_seconds: float = 0.0
    speed: float = 1.0

    def now(self) -> float:
        return self.origin_seconds + (time.time() - self.real_origin_seconds) * self.speed

    def now_text(self) -> str:
        milliseconds = round(self.now() * 1000)
        at = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Waits `seconds` of this clock, or until `stop` is set."""
        stop.wait(seconds / self.speed)

    def at(self, moment: float, act: Callable[[], None]) -> Callable[[], None]:
        """Calls `act` once, at `moment` or at once if that has passed. Returns what calls it off."""
        called_off = threading.Event()

        def run() -> None:
            while not called_off.is_set():
                left = (moment - self.now()) / self.speed
                if left <= 0:
                    return act()
                called_off.wait(min(left, LONGEST_TIMER_SECONDS))

        threading.Thread(target=run, daemon=True).start()
        return called_off.set
