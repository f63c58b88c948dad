"""Mirrors on this machine that behave, and mirrors that do not."""

import http.server
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Mirror:
    """A web server of one directory, whose manners tests set."""

    folder: Path
    address: str = ""
    requests: list = field(default_factory=list)
    takes_ranges: bool = True
    cut_after: list = field(default_factory=list)  # bytes of each answer after which the connection is cut
    statuses: list = field(default_factory=list)  # refusals before the first answer
    redirect_to: str = ""
    drip: float = 0.0  # seconds between single bytes
    flips: bool = False  # whether a byte is changed on the way
    surplus: bytes = b""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        mirror = self.server.mirror
        wanted = self.headers.get("Range", "")
        mirror.requests.append((self.path, wanted))
        self.close_connection = True
        file = mirror.folder / self.path.lstrip("/")
        if mirror.statuses:
            return self._empty(mirror.statuses.pop(0))
        if mirror.redirect_to:
            return self._empty(302, Location=mirror.redirect_to + self.path)
        if not file.is_file():
            return self._empty(404)
        content = file.read_bytes() + mirror.surplus
        if mirror.flips:
            content = content[:100] + bytes([content[100] ^ 1]) + content[101:]
        start = int(re.match(r"bytes=(\d+)-", wanted)[1]) if wanted and mirror.takes_ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Connection", "close")
        self.end_headers()
        return self._send(content[start:], mirror)

    def _send(self, body, mirror):
        if mirror.cut_after:
            body = body[: mirror.cut_after.pop(0)]
        try:
            if not mirror.drip:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(mirror.drip)
        except OSError:
            pass  # the client has had enough

    def _empty(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


@pytest.fixture
def make_mirror(tmp_path, monkeypatch):
    """Start mirrors of given directories; they end with the test."""
    monkeypatch.setenv("NO_PROXY", "*")
    running = []

    def start(folder, **manners):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.mirror = Mirror(folder, f"http://127.0.0.1:{server.server_port}", **manners)
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
    """An address where nobody listens."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
    return f"http://127.0.0.1:{port}"
