"""What the worker asks of the code that does the work.

An executor file has a function `create(environment)` that returns an object with

- `kinds`: the task kinds it does; `gpu_used`: whether it uses the GPU it is paid for;
- `group(kind, spec)`: `(key, size)`; up to `size` tasks in a row with equal keys are handed over together;
- `run(orders, answer)`: does them and calls `answer(index, files)` for each as soon as it is done. What it
  raises, or an exception in the place of `files`, fails a task: BadSpec where no machine can do it.

`create` is called at the start of the worker, to fail early, and once more in the process that does the work:
what takes long belongs into the first `run`.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Protocol, Sequence

Files = dict[str, bytes]


class BadSpec(Exception):
    """The spec asks for something that no machine can do. Never tried again."""


@dataclass(frozen=True)
class Order:
    """One task, with everything that was fetched for it; shared files are called `asset:<sha256>`."""

    kind: str
    spec: dict[str, Any]
    inputs: dict[str, bytes]


Answer = Callable[[int, Files | Exception], None]


class Executor(Protocol):
    kinds: frozenset[str]
    gpu_used: bool

    def group(self, kind: str, spec: dict[str, Any]) -> tuple[str, int]: ...

    def run(self, orders: Sequence[Order], answer: Answer) -> None: ...


def load_executor(path: Path, environment: Mapping[str, str]) -> Executor:
    spec = importlib.util.spec_from_file_location("burst_executor", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.create(environment)
