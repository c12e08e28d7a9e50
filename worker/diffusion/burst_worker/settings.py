"""Everything the worker is told by its environment."""

import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping

from .clock import Clock, seconds_of

EXECUTOR = Path(__file__).with_name("diffusion.py")


class SettingsRejected(Exception):
    """The environment does not describe a worker. The message names every wrong variable and no value."""


@dataclass(frozen=True)
class Settings:
    port: int
    host: str
    token: str
    slots: int
    # None: the driver is asked.
    gpus: list[dict[str, Any]] | None
    clock: Clock
    end_with_stdin: bool
    # The Python file whose `create(environment)` makes the executor.
    executor: Path


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


def _token(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{16,512}", text):
        raise ValueError("must be 16 to 512 printable characters")
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("is not JSON") from None


def _gpus(text: str) -> list[dict[str, Any]]:
    gpus = _json(text)
    good = isinstance(gpus, list) and len(gpus) <= 64 and all(map(_is_gpu, gpus))
    if not good:
        raise ValueError('must be a list of {"model", "vramMb"}')
    return gpus


def _is_gpu(gpu: Any) -> bool:
    return (
        isinstance(gpu, dict)
        and isinstance(gpu.get("model"), str)
        and type(gpu.get("vramMb")) is int
        and gpu["vramMb"] >= 0
    )


def _clock(text: str) -> Clock:
    said = _json(text)
    try:
        clock = Clock(
            seconds_of(said["originAt"]), seconds_of(said["realOriginAt"]), float(said["speed"])
        )
    except (KeyError, TypeError, ValueError):
        raise ValueError('must have "originAt", "realOriginAt" and "speed"') from None
    if not 0 < clock.speed <= 100_000:
        raise ValueError("speed: must be above 0 and at most 100000")
    return clock


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".py" or not path.is_file():
        raise ValueError("must be a Python file")
    return path


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsRejected with all problems at once."""
    problems: list[str] = []

    def read(name: str, parse: Callable[[str], Any], default: Any) -> Any:
        text = environment.get(name)
        if text is None:
            if default is ...:
                problems.append(f"{name}: is required")
            return default
        try:
            return parse(text)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            return default

    settings = Settings(
        port=read("BURST_PORT", _whole(0, 65_535), 8080),
        host=read("BURST_HOST", _host, "0.0.0.0"),
        token=read("BURST_TOKEN", _token, ...),
        slots=read("BURST_SLOTS", _whole(1, 64), 1),
        gpus=read("BURST_GPUS", _gpus, None),
        clock=read("BURST_CLOCK", _clock, Clock()),
        end_with_stdin=read("BURST_END_WITH_STDIN", _flag, False),
        executor=read("BURST_EXECUTOR", _file, EXECUTOR),
    )
    if problems:
        raise SettingsRejected(f"E_CONFIG: {'; '.join(problems)}")
    return settings
