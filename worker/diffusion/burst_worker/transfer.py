"""Bytes from and to signed URLs: no redirects, size caps, short retries. Messages hold no URL: it is a key."""

import hashlib
import http.client
import socket
import threading
from typing import Any, Callable
from urllib.parse import urlsplit

from .clock import Clock
from .stop import Stop

# Waits between tries: short, because the job's own deadline ends all of it.
RETRY_AFTER_SECONDS = (0.25, 0.5, 1, 2, 4)

CONNECT_SECONDS = 10
TRY_SECONDS = 60
CHUNK_BYTES = 65_536


class TransferFailed(Exception):
    """Bytes could not be fetched or stored."""


class _TryFailed(Exception):
    def __init__(self, why: str, retry: bool) -> None:
        super().__init__(why)
        self.retry = retry


class Transfers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def download(self, url: str, sha256: str, max_bytes: int, stop: Stop) -> bytes:
        """Fetches the object whose SHA-256 is known. Raises TransferFailed, or Stopped."""

        def read(response: http.client.HTTPResponse) -> bytes:
            content = bytearray()
            while chunk := response.read(CHUNK_BYTES):
                content += chunk
                if len(content) > max_bytes:
                    raise _TryFailed(f"more than {max_bytes} bytes", retry=False)
            if response.length:
                raise _TryFailed("cut short", retry=True)
            return bytes(content)

        content = self._insist("download", "GET", url, {}, None, read, stop)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise TransferFailed("download: SHA-256 differs")
        return content

    def upload(self, url: str, name: str, content_type: str, content: bytes, stop: Stop) -> None:
        """Stores one file. Repeating it changes nothing. Raises TransferFailed, or Stopped."""
        headers = {"content-type": content_type, "content-length": str(len(content))}
        done: Callable[[Any], None] = lambda _response: None
        self._insist(f"upload of {name}", "PUT", url, headers, content, done, stop)

    def _insist(
        self,
        what: str,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        read: Callable[[http.client.HTTPResponse], Any],
        stop: Stop,
    ) -> Any:
        for retry_after in (*RETRY_AFTER_SECONDS, None):
            stop.check()
            try:
                return _try_once(method, url, headers, body, read, stop)
            except _TryFailed as failure:
                stop.check()
                if not failure.retry:
                    raise TransferFailed(f"{what}: {failure}") from None
                if retry_after is None:
                    raise TransferFailed(f"{what}: {failure}, tries used up") from None
            self._clock.wait(retry_after, stop.event)
        raise AssertionError("unreachable")


def _try_once(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    read: Callable[[http.client.HTTPResponse], Any],
    stop: Stop,
) -> Any:
    connection, path = _connection_to(url)
    forget = timer = None
    try:
        connection.connect()
        connected = connection.sock
        connected.settimeout(TRY_SECONDS)
        timer = threading.Timer(TRY_SECONDS, _cut, [connected])
        timer.daemon = True
        timer.start()
        forget = stop.on_set(lambda: _cut(connected))
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        if not 200 <= response.status < 300:
            passing = response.status in (408, 429) or response.status >= 500
            raise _TryFailed(f"HTTP {response.status}", retry=passing)
        return read(response)
    except TimeoutError:
        raise _TryFailed("timeout", retry=True) from None
    except (OSError, http.client.HTTPException) as error:
        code = type(error).__name__ if not isinstance(error, OSError) else f"errno {error.errno}"
        raise _TryFailed(f"connection failed ({code})", retry=True) from None
    finally:
        if timer is not None:
            timer.cancel()
        if forget is not None:
            forget()
        connection.close()


def _connection_to(url: str) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _TryFailed("its URL is not one", retry=False) from None
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    kind = kinds.get(parts.scheme)
    if kind is None or host is None:
        raise _TryFailed("its URL is not http or https", retry=False)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return kind(host, port, timeout=CONNECT_SECONDS), path


def _cut(connected: socket.socket) -> None:
    """Wakes whoever blocks on it."""
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
