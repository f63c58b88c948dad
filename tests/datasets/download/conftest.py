"""Local download servers with the restrictions and the faults of public servers."""

import contextlib
import http.server
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Mirror:
    """Web server of one directory that refuses default clients, as Zenodo does; tests set its faults."""

    folder: Path
    address: str = ""
    requests: list = field(default_factory=list)
    cut_after: list = field(default_factory=list)  # bytes of each answer after which the connection is cut
    statuses: list = field(default_factory=list)  # refusals before the first answer: status, or (status, Retry-After)
    redirect_to: str = ""
    silent: float = 0.0  # seconds between the header and the body
    flips: bool = False  # whether a byte is changed on the way
    surplus: bytes = b""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        mirror = self.server.mirror
        mirror.requests.append(self.path)
        self.close_connection = True
        if not self.headers.get("User-Agent", "").startswith("bosonpeak/"):
            return self._empty(403)
        file = mirror.folder / self.path.lstrip("/")
        if mirror.statuses:
            status = mirror.statuses.pop(0)
            return self._empty(*status) if isinstance(status, tuple) else self._empty(status)
        if mirror.redirect_to:
            return self._empty(302, location=mirror.redirect_to + self.path)
        if not file.is_file():
            return self._empty(404)
        content = file.read_bytes() + mirror.surplus
        if mirror.flips:
            content = content[:100] + bytes([content[100] ^ 1]) + content[101:]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if mirror.silent:
            time.sleep(mirror.silent)
        if mirror.cut_after:
            content = content[: mirror.cut_after.pop(0)]
        with contextlib.suppress(OSError):  # the client closed the connection
            self.wfile.write(content)
        return None

    def _empty(self, status, retry_after="", location=""):
        self.send_response(status)
        for name, value in (("Retry-After", retry_after), ("Location", location)):
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


@pytest.fixture
def make_mirror(tmp_path, monkeypatch):
    """Start servers of given directories, stopped at the end of the test."""
    monkeypatch.setenv("NO_PROXY", "*")
    running = []

    def start(folder, **faults):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.mirror = Mirror(folder, f"http://127.0.0.1:{server.server_port}", **faults)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server.mirror

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def dead_address():
    """Address of a closed port."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
    return f"http://127.0.0.1:{port}"
