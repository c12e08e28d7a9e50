"""One process that does tasks: it can be ended in the middle of one, and its crash fails that one alone."""

import ctypes
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Callable, Mapping, Sequence

from .executor import BadSpec, Files, Order, load_executor
from .stop import Limit

# How often a wait for the process looks whether the job was stopped.
LOOK_SECONDS = 0.05

# prctl(2): the signal this process gets when its parent dies.
PR_SET_PDEATHSIG = 1


class ExecutorFailed(Exception):
    """The task failed here; another machine may do it."""


Outcome = Files | BadSpec | ExecutorFailed


class Slot:
    """The process starts with the first task and stays warm: what it has loaded is used again."""

    def __init__(self, executor: Path, environment: Mapping[str, str]) -> None:
        self._arguments = (executor, dict(environment))
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def run(
        self, orders: Sequence[Order], stop: Limit, answered: Callable[[int, Outcome], None]
    ) -> None:
        """Does tasks together and says how each ended, in any order. Raises Stopped and TimedOut.

        When the process dies among several, those without an answer are done one by one.
        """
        left = dict(enumerate(orders))

        def answer(index: int, outcome: Outcome) -> None:
            if left.pop(index, None) is not None:
                answered(index, outcome)

        how = self._run_together(list(orders), stop, answer)
        if how is not None and len(orders) > 1:
            for index, order in list(left.items()):
                alone = self._run_together([order], stop, lambda _, outcome: answer(index, outcome))
                if alone is not None:
                    answer(index, ExecutorFailed(f"executor process ended: {alone}"))
        for index in list(left):
            answer(index, ExecutorFailed(f"executor process ended: {how or 'without a word'}"))

    def _run_together(
        self, orders: list[Order], stop: Limit, answer: Callable[[int, Outcome], None]
    ) -> str | None:
        """How the process ended, if it did."""
        stop.check()
        try:
            process, pipe = self._started()
            pipe.send(orders)
            while True:
                stop.check()
                if not wait([pipe], LOOK_SECONDS):
                    continue
                said = pipe.recv()
                if said is None:
                    return None
                answer(*said)
        except (EOFError, OSError):
            return self._end()
        except BaseException:
            # What it is still to say belongs to these orders, and must not be heard as an answer to the next.
            self.close()
            raise

    def _started(self) -> tuple[multiprocessing.process.BaseProcess, Connection]:
        if self._process is None or self._pipe is None or not self._process.is_alive():
            self.close()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, *self._arguments), daemon=True)
            process.start()
            theirs.close()
            self._process, self._pipe = process, ours
        return self._process, self._pipe

    def _end(self) -> str:
        process = self._process
        if process is None:
            return "never began"
        process.join(1)
        code = process.exitcode
        self.close()
        return "no answer" if code is None else f"exit code {code}" if code >= 0 else f"signal {-code}"

    def close(self) -> None:
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join()


def _serve(pipe: Connection, executor: Path, environment: Mapping[str, str]) -> None:
    """The life of an executor process: answers lists of orders, one list at a time."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What the executor prints is no line of the worker's log.
    os.dup2(2, 1)
    # CUDA looks for its GPUs in the environment of the process.
    os.environ.update(environment)
    loaded = load_executor(executor, environment)
    try:
        while True:
            _answer_orders(pipe, loaded, pipe.recv())
    except (EOFError, OSError):
        return


def _answer_orders(pipe: Connection, executor, orders: list[Order]) -> None:
    answered: set[int] = set()

    def answer(index: int, files: Files | Exception) -> None:
        if index not in answered:
            answered.add(index)
            pipe.send((index, _outcome(files)))

    try:
        executor.run(orders, answer)
    except Exception as error:  # noqa: BLE001 - whatever it raises fails the tasks without an answer
        for index in range(len(orders)):
            answer(index, error)
    for index in range(len(orders)):
        answer(index, ExecutorFailed("the executor gave no answer"))
    pipe.send(None)


def _outcome(files: Files | Exception) -> Outcome:
    if not isinstance(files, Exception):
        return files
    text = str(files) or type(files).__name__
    return BadSpec(text) if isinstance(files, BadSpec) else ExecutorFailed(text)
