"""The worker's jobs: at most one per slot runs, the others wait in order."""

import json
import re
import threading
from collections import deque
from typing import Any, Callable, Literal, Sequence

from .clock import Clock, seconds_of
from .contract import JobRequest
from .log import Log
from .slot import Slot
from .stop import Stop

# Reports of ended jobs that are kept; the oldest is forgotten first.
KEPT_REPORTS = 1000

# Time the task at hand has to end when the worker is told to go.
GRACE_SECONDS = 10

MAX_FAILURES = 200
MAX_REPORT_BYTES = 65_536
MESSAGE_LENGTHS = (300, 100, 25)

Submitted = Literal["new", "same", "other", "draining"]


class Job:
    """One job and how far it is."""

    def __init__(self, request: JobRequest) -> None:
        self.request = request
        self.status = "queued"
        self.uploaded: list[int] = []
        self.failures: list[dict[str, Any]] = []
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.stop = Stop()
        self.call_off: Callable[[], None] = lambda: None

    def has_ended(self) -> bool:
        return self.status not in ("queued", "running")

    def fail(self, line: int, kind: str, message: str) -> None:
        self.failures.append({"line": line, "class": kind, "message": message[:300]})

    def report(self, now: float) -> dict[str, Any]:
        """The job as its caller sees it, in at most 64 KiB: messages are cut before lines are."""
        for length in (*MESSAGE_LENGTHS, 0):
            report = self._report(now, length)
            if len(json.dumps(report, separators=(",", ":"))) <= MAX_REPORT_BYTES:
                break
        return report

    def _report(self, now: float, length: int) -> dict[str, Any]:
        ended = now if self.ended_at is None else self.ended_at
        started = self.started_at
        return {
            "jobId": self.request.job_id,
            "manifestSha256": self.request.manifest_sha256,
            "status": self.status,
            "uploaded": list(self.uploaded),
            "failures": [
                {**failure, "message": _plain(failure["message"])[:length]}
                for failure in self.failures[:MAX_FAILURES]
            ],
            "checkpoints": [],
            "slotSeconds": 0 if started is None else max(0, round(ended - started, 3)),
        }


def _plain(message: str) -> str:
    """Printable ASCII without quotes and backslashes, so that a character is a byte in any JSON."""
    return re.sub(r"[^ !#-\[\]-~]", "?", message)


RunJob = Callable[[Job, Slot, Callable[[], bool]], str]


class JobRunner:
    def __init__(self, slots: Sequence[Slot], clock: Clock, run_job: RunJob, log: Log) -> None:
        self._slots, self._clock, self._run_job, self._log = slots, clock, run_job, log
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition(threading.RLock())
        self._draining = False
        self._leaving = False
        self._threads = [threading.Thread(target=self._work, args=[slot]) for slot in slots]
        for thread in self._threads:
            # It outlives no main thread; executors die with the thread that started them.
            thread.daemon = True
            thread.start()

    def submit(self, request: JobRequest) -> Submitted:
        with self._changed:
            known = self._jobs.get(request.job_id)
            if known is not None:
                same = known.request.manifest_sha256 == request.manifest_sha256
                return "same" if same else "other"
            if self._draining:
                return "draining"
            job = self._jobs[request.job_id] = Job(request)
            self._queue.append(job)
            self._log("job taken", jobId=request.job_id, waiting=len(self._queue))
            deadline = seconds_of(request.deadline_at)
            job.call_off = self._clock.at(deadline, lambda: self._stop(job, "interrupted"))
            self._changed.notify()
            return "new"

    def report(self, job_id: str) -> dict[str, Any] | None:
        with self._changed:
            job = self._jobs.get(job_id)
            return None if job is None else job.report(self._clock.now())

    def cancel(self, job_id: str) -> dict[str, Any] | None:
        """Stops a queued or running job; an ended one stays as it ended."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is not None and not job.has_ended():
                self._stop(job, "cancelled")
        return self.report(job_id)

    def drain(self) -> None:
        with self._changed:
            self._draining = True

    def is_draining(self) -> bool:
        return self._draining

    def shut_down(self) -> list[str]:
        """Drains, hands back what has not begun, lets tasks at hand end. Returns what was handed back."""
        with self._changed:
            self._draining = self._leaving = True
            unfinished = [job for job in self._jobs.values() if not job.has_ended()]
            for job in list(self._queue):
                self._stop(job, "interrupted")
            self._changed.notify_all()
        call_off = self._clock.at(
            self._clock.now() + GRACE_SECONDS,
            lambda: [self._stop(job, "interrupted") for job in unfinished],
        )
        for thread in self._threads:
            thread.join()
        call_off()
        return [job.request.job_id for job in unfinished if job.status == "interrupted"]

    def _work(self, slot: Slot) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._leaving:
                    self._changed.wait()
                if not self._queue:
                    break
                job = self._queue.popleft()
                job.status = "running"
                job.started_at = self._clock.now()
            status = self._run_job(job, slot, lambda: self._leaving)
            with self._changed:
                self._end(job, status)
        slot.close()

    def _stop(self, job: Job, reason: str) -> None:
        with self._changed:
            if job in self._queue:
                self._queue.remove(job)
            if job.status == "queued":
                self._end(job, reason)
        job.stop.set(reason)

    def _end(self, job: Job, status: str) -> None:
        job.status = status
        job.ended_at = self._clock.now()
        job.call_off()
        self._log(
            "job ended",
            jobId=job.request.job_id,
            status=status,
            uploaded=len(job.uploaded),
            failures=len(job.failures),
        )
        ended = [one.request.job_id for one in self._jobs.values() if one.has_ended()]
        for job_id in ended[: max(0, len(ended) - KEPT_REPORTS)]:
            del self._jobs[job_id]
