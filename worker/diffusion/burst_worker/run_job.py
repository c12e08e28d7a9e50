"""One job: its tasks in order, those that go together at once, each recorded as it ends."""

from typing import Callable, Iterator

from .clock import Clock
from .contract import Refused, Task, parse_manifest
from .executor import BadSpec, Executor, Files, Order
from .jobs import Job
from .log import Log
from .slot import ExecutorFailed, Outcome, Slot
from .stop import Limit, Stopped, TimedOut
from .transfer import TransferFailed, Transfers

# Largest manifest: 10,000 tasks with a spec of some kilobytes and signed URLs of 2 KB.
MAX_MANIFEST_BYTES = 64 * 1024 * 1024


class JobWork:
    def __init__(self, executor: Executor, transfers: Transfers, clock: Clock, log: Log) -> None:
        self._executor, self._transfers, self._clock, self._log = executor, transfers, clock, log

    def run(self, job: Job, slot: Slot, hand_back: Callable[[], bool]) -> str:
        """Never raises; returns how the job ended. A task that fails does not stop the others."""
        try:
            for tasks in self._groups(self._manifest(job)):
                if hand_back():
                    return "interrupted"
                self._run_tasks(job, tasks, slot)
            return "failed" if job.failures else "succeeded"
        except Stopped:
            return job.stop.reason or "interrupted"
        except Exception as error:  # noqa: BLE001 - a job that breaks must not take its slot along
            known = isinstance(error, (TransferFailed, Refused))
            reason = str(error) if known else "unexpected error"
            self._log("job failed", jobId=job.request.job_id, reason=reason)
            return "failed"

    def _manifest(self, job: Job) -> list[Task]:
        request = job.request
        content = self._transfers.download(
            request.manifest_url, request.manifest_sha256, MAX_MANIFEST_BYTES, job.stop
        )
        try:
            return parse_manifest(content.decode(errors="replace"), request.job_id)
        except Refused as refused:
            raise Refused(f"manifest: unreadable ({refused})") from None

    def _groups(self, tasks: list[Task]) -> Iterator[list[Task]]:
        """Neighbours with one key, as many as the executor takes at a time."""
        group: list[Task] = []
        key, room = "", 0
        for task in tasks:
            its_key, size = self._key(task)
            if group and (its_key != key or len(group) >= room):
                yield group
                group = []
            group.append(task)
            key, room = its_key, size
        if group:
            yield group

    def _key(self, task: Task) -> tuple[str, int]:
        alone = (f"line {task.line}", 1)
        # Whose time is limited shares it with nobody.
        if task.kind not in self._executor.kinds or task.timeout_seconds is not None:
            return alone
        try:
            return self._executor.group(task.kind, task.spec)
        except Exception:  # noqa: BLE001 - what is wrong with the spec is said when it is run
            return alone

    def _run_tasks(self, job: Job, tasks: list[Task], slot: Slot) -> None:
        ready: list[tuple[Task, Order]] = []
        for task in tasks:
            if task.kind not in self._executor.kinds:
                self._fail(job, task, "executor", f"this image has no executor for kind {task.kind}")
                continue
            try:
                inputs = {
                    one.name: self._transfers.download(one.url, one.sha256, one.bytes, job.stop)
                    for one in task.files
                }
                ready.append((task, Order(task.kind, task.spec, inputs)))
            except TransferFailed as failure:
                self._fail(job, task, "input", str(failure))

        if not ready:
            return
        first = ready[0][0]
        limit = Limit(job.stop, self._clock, first.timeout_seconds)

        def answered(index: int, outcome: Outcome) -> None:
            limit.lift()
            self._take(job, ready[index][0], outcome)

        try:
            slot.run([order for _, order in ready], limit, answered)
        except TimedOut:
            self._fail(job, first, "timeout", f"took longer than its {first.timeout_seconds} s")

    def _take(self, job: Job, task: Task, outcome: Outcome) -> None:
        """Stores the files of a task that was done."""
        if isinstance(outcome, BadSpec):
            return self._fail(job, task, "bad-spec", str(outcome))
        if isinstance(outcome, ExecutorFailed):
            return self._fail(job, task, "executor", str(outcome))
        fault = _output_fault(outcome, task)
        if fault is not None:
            return self._fail(job, task, "executor", fault)
        try:
            for upload in task.uploads:
                content = outcome[upload.name]
                self._transfers.upload(
                    upload.url, upload.name, upload.content_type, content, job.stop
                )
        except TransferFailed as failure:
            return self._fail(job, task, "upload", str(failure))
        job.uploaded.append(task.line)

    def _fail(self, job: Job, task: Task, kind: str, message: str) -> None:
        job.fail(task.line, kind, message)
        # The message may quote a spec: it goes to the owner of the job, not to the log.
        self._log("task failed", jobId=job.request.job_id, line=task.line, **{"class": kind})


def _output_fault(files: Files, task: Task) -> str | None:
    for upload in task.uploads:
        content = files.get(upload.name)
        if content is None:
            return f"the executor made no {upload.name}"
        if len(content) > upload.max_bytes:
            return f"{upload.name} has {len(content)} bytes, more than the {upload.max_bytes} allowed"
    return None
