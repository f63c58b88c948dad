"""Downloads from servers that refuse, limit, cut, redirect, stay silent or send wrong bytes."""

import hashlib
import random
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.download import fetching
from bosonpeak.datasets.download.cache import without_secrets
from bosonpeak.datasets.download.fetching import ROUNDS, obtain
from bosonpeak.datasets.errors import DataUnavailableError, DigestMismatchError

CONTENT = random.Random(1).randbytes(1_500_000)
ENTRY = DatasetEntry(
    name="file",
    file="file",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    licence="CC-BY-4.0",
    recipe="",
    description="",
    kind="calibration",
    embedded=False,
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE", 0.0)


@pytest.fixture
def folder(tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "file").write_bytes(CONTENT)
    return served


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    """Download the file from the given servers into an empty cache."""
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BOSONPEAK_OFFLINE", raising=False)

    def run(*addresses):
        monkeypatch.setenv("BOSONPEAK_MIRRORS", " ".join(addresses))
        file = obtain(ENTRY, progress=False)
        assert file.read_bytes() == CONTENT
        file.unlink()

    return run


def refused(fetch, *addresses, kind=DataUnavailableError):
    with pytest.raises(kind) as caught:
        fetch(*addresses)
    return caught.value


def test_a_whole_file_takes_one_request(folder, make_mirror, fetch):
    mirror = make_mirror(folder)
    fetch(mirror.address)
    assert mirror.requests == ["/file"]


def test_a_default_client_is_refused(folder, make_mirror):
    import requests

    assert requests.get(f"{make_mirror(folder).address}/file", timeout=10).status_code == 403


@pytest.mark.parametrize("cut", [400_000, 0])
def test_cut_connections_start_again(folder, make_mirror, fetch, cut):
    mirror = make_mirror(folder, cut_after=[cut])
    fetch(mirror.address)
    assert mirror.requests == ["/file", "/file"]


def test_another_server_replaces_a_cutting_server(folder, make_mirror, fetch, dead_address):
    cutting, steady = make_mirror(folder, cut_after=[600_000]), make_mirror(folder)
    fetch(dead_address, cutting.address, steady.address)
    assert (len(cutting.requests), len(steady.requests)) == (1, 1)


def test_a_busy_server_is_asked_again(folder, make_mirror, fetch):
    mirror = make_mirror(folder, statuses=[503, 429])
    fetch(mirror.address)
    assert len(mirror.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(folder, make_mirror, fetch, status):
    mirror = make_mirror(folder, statuses=[(status, "1")])
    started = time.monotonic()
    fetch(mirror.address)
    assert time.monotonic() - started >= 1.0
    assert len(mirror.requests) == 2


def test_retry_after_may_be_a_date(folder, make_mirror, fetch):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2.5), usegmt=True)  # cut to whole seconds
    mirror = make_mirror(folder, statuses=[(429, date)])
    started = time.monotonic()
    fetch(mirror.address)
    assert 0.5 < time.monotonic() - started < 10


def test_a_second_server_is_asked_while_the_first_waits(folder, make_mirror, fetch):
    busy, free = make_mirror(folder, statuses=[(429, "50")]), make_mirror(folder)
    started = time.monotonic()
    fetch(busy.address, free.address)
    assert time.monotonic() - started < 25


def test_a_wait_that_is_too_long_is_refused(folder, make_mirror, fetch):
    mirror = make_mirror(folder, statuses=[(429, "3600")] * 5)
    assert "429 (Too Many Requests), Retry-After 3,600 s" in refused(fetch, mirror.address).got
    assert len(mirror.requests) == 1


@pytest.mark.parametrize("header", ["soon", "-5", "1e400", "9" * 5000])
def test_a_malformed_retry_after_means_the_default_pause(folder, make_mirror, fetch, header):
    mirror = make_mirror(folder, statuses=[(429, header)])
    fetch(mirror.address)
    assert len(mirror.requests) == 2


def test_a_missing_file_is_requested_once(tmp_path, make_mirror, fetch):
    mirror = make_mirror(tmp_path)
    assert "404" in refused(fetch, mirror.address).got
    assert len(mirror.requests) == 1


def test_redirects_are_followed_but_not_in_circles(folder, make_mirror, fetch):
    target = make_mirror(folder)
    fetch(make_mirror(folder, redirect_to=target.address).address)
    assert target.requests == ["/file"]
    circle = make_mirror(folder)
    circle.redirect_to = circle.address
    assert "TooManyRedirects" in refused(fetch, circle.address).got


def test_wrong_bytes_are_deleted_and_the_next_server_is_asked(folder, make_mirror, fetch):
    wrong, right = make_mirror(folder, flips=True), make_mirror(folder)
    fetch(wrong.address, right.address)
    assert (len(wrong.requests), len(right.requests)) == (1, 1)


def test_wrong_bytes_are_reported_with_their_digest(folder, make_mirror, fetch, tmp_path):
    error = refused(fetch, make_mirror(folder, flips=True).address, kind=DigestMismatchError)
    wrong = CONTENT[:100] + bytes([CONTENT[100] ^ 1]) + CONTENT[101:]
    assert error.got == hashlib.sha256(wrong).hexdigest()
    assert [file.suffix for file in (tmp_path / "cache").iterdir()] in ([], [".lock"])


def test_surplus_bytes_are_rejected(folder, make_mirror, fetch):
    generous = make_mirror(folder, surplus=b"\0" * 5_000_000)
    assert refused(fetch, generous.address, kind=DigestMismatchError).got == "a larger file"


def test_a_silent_server_is_given_up(folder, make_mirror, fetch, monkeypatch):
    monkeypatch.setattr(fetching, "SILENT_SECONDS", 0.2)
    silent, other = make_mirror(folder, silent=2.0), make_mirror(folder)
    fetch(silent.address, other.address)
    assert len(other.requests) == 1


def test_failing_servers_are_asked_a_few_times(folder, make_mirror, fetch, dead_address):
    failing = make_mirror(folder, statuses=[500] * 50)
    error = refused(fetch, dead_address, failing.address)
    assert "refused" in error.got
    assert "500" in error.got
    assert len(failing.requests) == ROUNDS


def test_other_protocols_are_read_by_their_drivers(fetch):
    import fsspec

    fsspec.filesystem("memory").pipe_file("/release/file", CONTENT)
    fetch("memory://release")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("memory://elsewhere", "FileNotFoundError"),
        ("nonsense://elsewhere", "Protocol not known"),
        ("http://[", "Invalid IPv6 URL"),
    ],
)
def test_an_unusable_address_is_reported(fetch, address, reason):
    error = refused(fetch, address)
    assert reason in error.got
    assert error.where == f"{address}/file"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@host/a?sig=secret", "https://host/a"),
        ("https://secret@host:80/a", "https://host:80/a"),
        ("https://me:se/cr@et@host/a", "https://host/a"),
        ("https://host/gh/org/repo@v1/a", "https://host/gh/org/repo@v1/a"),
        ("http://host:8000/repo@v1/a", "http://host:8000/repo@v1/a"),
    ],
)
def test_messages_contain_no_secrets(url, shown):
    assert without_secrets(url) == shown
    assert without_secrets(f"failed: {url} twice") == f"failed: {shown} twice"
