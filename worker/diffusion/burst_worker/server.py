"""The HTTP contract: GET /healthz, POST /jobs, GET /jobs/{id}, POST /jobs/{id}/cancel, POST /drain.

Every call carries the bearer token; every reply is JSON below 64 KiB, `{error}` on refusal. One call a connection.
"""

import hashlib
import hmac
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable

from .contract import Refused, job_request, parse_json
from .jobs import JobRunner

MAX_BODY_BYTES = 65_536

# A caller that has not sent its whole request by then is cut off.
REQUEST_SECONDS = 10

MOST_CONNECTIONS = 128

Reply = tuple[int, dict[str, Any]]

SUBMITTED = {
    "new": (202, None),
    "same": (200, None),
    "other": (409, "this id is taken by a job with another manifest"),
    "draining": (503, "draining"),
}


def refusal(status: int, error: str) -> Reply:
    return status, {"error": error}


class Calls:
    """What each call answers."""

    def __init__(
        self, runner: JobRunner, token: str, hardware: Callable[[], dict[str, Any]]
    ) -> None:
        self._runner, self._hardware = runner, hardware
        self._token = _digest(f"Bearer {token}")

    def answer(self, method: str, target: str, authorization: str, body: bytes | None) -> Reply:
        if not hmac.compare_digest(_digest(authorization), self._token):
            return refusal(401, "wrong or no bearer token")
        root, job_id, verb, *rest = (target.split("?")[0].split("/")[1:] + ["", "", ""])
        words = [method, root, "{id}" if job_id else "", verb, *rest]
        match " ".join(filter(None, words)):
            case "GET healthz":
                return 200, self._health()
            case "POST jobs":
                return self._take_job(body)
            case "GET jobs {id}":
                return _reported(self._runner.report(job_id))
            case "POST jobs {id} cancel":
                return _reported(self._runner.cancel(job_id))
            case "POST drain":
                self._runner.drain()
                return 200, self._health()
        return refusal(404, "no such call")

    def _health(self) -> dict[str, Any]:
        status = "draining" if self._runner.is_draining() else "ready"
        return {"contract": 1, "status": status, **self._hardware()}

    def _take_job(self, body: bytes | None) -> Reply:
        if body is None:
            return refusal(413, f"body is larger than {MAX_BODY_BYTES} bytes")
        try:
            request = job_request(parse_json(body))
        except Refused as refused:
            return refusal(400, f"not a job request: {refused}")
        status, error = SUBMITTED[self._runner.submit(request)]
        return refusal(status, error) if error else (status, {"jobId": request.job_id})


def _reported(report: dict[str, Any] | None) -> Reply:
    return refusal(404, "no such job") if report is None else (200, report)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("latin-1", errors="replace")).digest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "JobServer"

    def setup(self) -> None:
        super().setup()
        self._patience = threading.Timer(REQUEST_SECONDS, _cut, [self.connection])
        self._patience.daemon = True
        self._patience.start()

    def finish(self) -> None:
        self._patience.cancel()
        super().finish()

    def _serve(self) -> None:
        self.close_connection = True
        try:
            body = self._body()
        except ValueError:
            return self._send(refusal(400, "not an HTTP request"))
        self._patience.cancel()
        authorization = self.headers.get("authorization", "")
        try:
            reply = self.server.calls.answer(self.command, self.path, authorization, body)
        except Exception:  # noqa: BLE001 - a caller gets an answer whatever broke
            reply = refusal(500, "internal error")
        self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve

    def _body(self) -> bytes | None:
        """None when it is too large."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._chunked_body()
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise ValueError
        if int(length) > MAX_BODY_BYTES:
            # A part of it is taken, so that the refusal is read before the connection is reset.
            self.rfile.read(min(int(length), 16 * MAX_BODY_BYTES))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ValueError
        return body

    def _chunked_body(self) -> bytes | None:
        body = b""
        while size := int(self.rfile.readline(20).split(b";")[0], 16):
            if size < 0 or len(body) + size > MAX_BODY_BYTES:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(4)
        return body

    def _send(self, reply: Reply) -> None:
        status, body = reply
        text = json.dumps(body, separators=(",", ":")).encode()
        self.send_response_only(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library refuses by itself."""
        self.close_connection = True
        self._send(refusal(int(code), "not an HTTP request"))

    def log_message(self, *_arguments: Any) -> None:
        """A stranger's words are not logged."""


class JobServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, calls: Calls) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.calls = calls
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            return self.shutdown_request(request)
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, *_arguments: Any) -> None:
        """A caller that hangs up is no error of ours."""


def _cut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
