"""The GPUs of this container as the driver shows them; `worker/gpus.ts` says the same in TypeScript."""

import re
import subprocess
import threading
import time
from typing import Any, Callable

FIELDS = ("name", "memory.total", "driver_version", "utilization.gpu", "mig.mode.current")

# A driver that has to wake its cards takes seconds.
ANSWER_SECONDS = 20

# A reading is old after this, and is taken anew while the old one is still told.
OLD_SECONDS = 15

Reading = dict[str, Any]


def gpus_from_csv(csv: str) -> list[dict[str, Any]] | None:
    """One GPU a line; None when it is something else. Memory that is not told (`[N/A]`) counts as none."""
    gpus = [_gpu_from_line(line) for line in csv.splitlines() if line.strip()]
    return None if None in gpus else gpus  # type: ignore[return-value]


def _gpu_from_line(line: str) -> dict[str, Any] | None:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != len(FIELDS) or parts[0] == "":
        return None
    model, memory, driver, utilization, mig = parts
    if not _is_whole(memory) and not _is_untold(memory):
        return None
    gpu: dict[str, Any] = {"model": model, "vramMb": int(memory) if _is_whole(memory) else 0}
    if driver and not _is_untold(driver):
        gpu["driver"] = driver
    if _is_whole(utilization) and int(utilization) <= 100:
        gpu["utilizationPercent"] = int(utilization)
    gpu["mig"] = mig == "Enabled"
    return gpu


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None


def _is_untold(text: str) -> bool:
    return text.startswith("[") and text.endswith("]")


def ask_nvidia_smi(program: str = "nvidia-smi") -> Reading:
    """Asks the driver once. Never raises: what went wrong is told in `gpusFrom`."""
    command = [program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return _none("there is no nvidia-smi")
    except subprocess.TimeoutExpired:
        return _none("nvidia-smi did not answer in time")
    except OSError as error:
        return _none(f"nvidia-smi failed ({error.errno})")
    if done.returncode != 0:
        return _none(f"nvidia-smi failed ({done.returncode})")
    gpus = gpus_from_csv(done.stdout)
    if gpus is None:
        return _none("nvidia-smi said something else")
    return {"gpus": gpus[:64], "gpusFrom": "nvidia-smi"}


def _none(why: str) -> Reading:
    return {"gpus": [], "gpusFrom": f"none: {why}"}


class GpuWatch:
    """The newest reading, at once: asking the driver may take longer than a caller waits."""

    def __init__(self, ask: Callable[[], Reading]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asking = False
        self._newest = ask()
        self._taken_at = time.monotonic()

    def reading(self) -> Reading:
        with self._lock:
            old = time.monotonic() - self._taken_at >= OLD_SECONDS
            if old and not self._asking:
                self._asking = True
                threading.Thread(target=self._renew, daemon=True).start()
            return self._newest

    def _renew(self) -> None:
        newest = self._ask()
        with self._lock:
            self._newest, self._taken_at, self._asking = newest, time.monotonic(), False
