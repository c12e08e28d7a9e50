"""The shapes of the contract: what a job request and a manifest are. Anything else is refused."""

import json
import re
from dataclasses import dataclass
from typing import Any

from .clock import seconds_of

MAX_JOB_TASKS = 10_000

JOB_ID = re.compile(r"[a-z][a-z0-9-]{0,30}-[0-9a-f]{12}-[1-9][0-9]{0,5}")
SHA256 = re.compile(r"[0-9a-f]{64}")
TASK_ID = re.compile(r"(?!.*\.\.)[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
BATCH_ID = re.compile(r"[0-9a-z]{9}-[0-9a-z]{8}")
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Refused(Exception):
    """Not of the contract; the message names the field and quotes nothing."""


@dataclass(frozen=True)
class JobRequest:
    job_id: str
    manifest_url: str
    manifest_sha256: str
    deadline_at: str


@dataclass(frozen=True)
class Download:
    name: str
    url: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Upload:
    name: str
    url: str
    content_type: str
    max_bytes: int


@dataclass(frozen=True)
class Task:
    line: int
    kind: str
    spec: dict[str, Any]
    timeout_seconds: int | None
    files: tuple[Download, ...]
    uploads: tuple[Upload, ...]


def parse_json(text: str | bytes) -> Any:
    """Raises Refused. NaN and Infinity are no JSON."""

    def no_constant(_name: str) -> None:
        raise ValueError

    try:
        return json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Refused("syntax") from None


def _fields(value: Any, where: str, required: set[str], optional: set[str] = frozenset()) -> dict:
    if not isinstance(value, dict):
        raise Refused(where or "body")
    for name in value:
        if name not in required and name not in optional:
            raise Refused(f"{where}.{name}"[:100] if where else name[:100])
    for name in sorted(required - value.keys()):
        raise Refused(f"{where}.{name}" if where else name)
    return value


def _text(value: Any, where: str, pattern: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
        raise Refused(where)
    return value


def _whole(value: Any, where: str, least: int = 0, most: int = 2**53 - 1) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise Refused(where)
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(where)
    return value


def job_request(body: Any) -> JobRequest:
    fields = _fields(body, "", {"jobId", "manifestUrl", "manifestSha256", "deadlineAt"})
    deadline = _text(fields["deadlineAt"], "deadlineAt", INSTANT)
    try:
        seconds_of(deadline)
    except ValueError:
        raise Refused("deadlineAt") from None
    return JobRequest(
        _text(fields["jobId"], "jobId", JOB_ID),
        _text(fields["manifestUrl"], "manifestUrl"),
        _text(fields["manifestSha256"], "manifestSha256", SHA256),
        deadline,
    )


def parse_manifest(text: str, job_id: str) -> list[Task]:
    lines = text.rstrip().split("\n")
    header = _fields(parse_json(lines[0]), "header", {"v", "jobId", "tasks"})
    if header["v"] != 1 or header["jobId"] != job_id:
        raise Refused("is of another job")
    announced = _whole(header["tasks"], "tasks", 1, MAX_JOB_TASKS)
    if len(lines) - 1 != announced:
        raise Refused("does not list as many tasks as it announces")
    tasks = [_task(parse_json(line)) for line in lines[1:]]
    if len({task.line for task in tasks}) < len(tasks):
        raise Refused("a line number occurs twice")
    return tasks


TASK_REQUIRED = {"line", "batchId", "batchFence", "index", "taskId", "kind", "spec", "uploads"}
TASK_OPTIONAL = {"attempt", "timeoutSeconds", "inputs", "assets", "checkpoint"}


def _task(value: Any) -> Task:
    fields = _fields(value, "task", TASK_REQUIRED, TASK_OPTIONAL)
    _text(fields["batchId"], "batchId", BATCH_ID)
    _whole(fields["batchFence"], "batchFence", 1)
    _whole(fields["index"], "index")
    _text(fields["taskId"], "taskId", TASK_ID)
    _whole(fields.get("attempt", 1), "attempt", 1)
    if not isinstance(fields["spec"], dict):
        raise Refused("spec")
    own = [_download(one, "inputs", True) for one in _list(fields.get("inputs", []), "inputs")]
    shared = [_download(one, "assets", False) for one in _list(fields.get("assets", []), "assets")]
    return Task(
        _whole(fields["line"], "line", 0, MAX_JOB_TASKS - 1),
        _text(fields["kind"], "kind"),
        fields["spec"],
        _whole(fields["timeoutSeconds"], "timeoutSeconds", 1) if "timeoutSeconds" in fields else None,
        tuple(own + shared),
        tuple(_upload(one) for one in _list(fields["uploads"], "uploads")),
    )


def _download(value: Any, where: str, named: bool) -> Download:
    if not isinstance(value, dict):
        raise Refused(where)
    sha256 = _text(value.get("sha256"), f"{where}.sha256", SHA256)
    name = _text(value.get("name"), f"{where}.name", FILE_NAME) if named else f"asset:{sha256}"
    url = _text(value.get("url"), f"{where}.url")
    return Download(name, url, sha256, _whole(value.get("bytes"), f"{where}.bytes"))


def _upload(value: Any) -> Upload:
    fields = _fields(value, "uploads", {"name", "url", "contentType", "maxBytes"})
    return Upload(
        _text(fields["name"], "uploads.name", FILE_NAME),
        _text(fields["url"], "uploads.url"),
        _text(fields["contentType"], "uploads.contentType"),
        _whole(fields["maxBytes"], "uploads.maxBytes", 1),
    )
