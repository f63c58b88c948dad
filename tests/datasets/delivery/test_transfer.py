"""Files over a network that cuts, lies, drips and is not there; the bytes that arrive are the right ones, or none."""

import hashlib
import random

import pytest

from bosonpeak.datasets.delivery import sources
from bosonpeak.datasets.delivery import transfer as module
from bosonpeak.datasets.delivery.progress import Silence
from bosonpeak.datasets.delivery.transfer import FRUITLESS_ROUNDS, NoMirrorError, transfer

CONTENT = random.Random(1).randbytes(1_500_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(module, "_PAUSES", (0.0,))


@pytest.fixture
def folder(tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "file").write_bytes(CONTENT)
    return served


@pytest.fixture
def fetch(tmp_path):
    """Transfer the file from mirrors into the temporary folder."""

    def run(*addresses):
        partial = tmp_path / "file.part"
        urls = [f"{address}/file" for address in addresses]
        sent_last = transfer(urls, partial, size=len(CONTENT), sha256=SHA256, listener=Silence())
        assert partial.read_bytes() == CONTENT
        return sent_last

    run.partial = tmp_path / "file.part"
    return run


def refused(fetch, *addresses):
    with pytest.raises(NoMirrorError) as caught:
        fetch(*addresses)
    return caught.value


def test_a_whole_file_takes_one_request(folder, make_mirror, fetch):
    mirror = make_mirror(folder)
    assert fetch(mirror.address) == f"{mirror.address}/file"
    assert mirror.requests == [("/file", "")]


def test_cut_connections_are_resumed_where_they_were_cut(folder, make_mirror, fetch):
    mirror = make_mirror(folder, cut_after=[400_000, 300_000])
    fetch(mirror.address)
    assert [wanted for _, wanted in mirror.requests] == ["", "bytes=400000-", "bytes=700000-"]


def test_a_second_run_resumes_what_the_first_left(folder, make_mirror, fetch):
    fetch.partial.write_bytes(CONTENT[:1_000_000])
    mirror = make_mirror(folder)
    fetch(mirror.address)
    assert mirror.requests == [("/file", "bytes=1000000-")]


def test_a_whole_partial_file_needs_no_request(folder, make_mirror, fetch):
    fetch.partial.write_bytes(CONTENT)
    mirror = make_mirror(folder)
    fetch(mirror.address)
    assert mirror.requests == []


def test_a_server_without_ranges_begins_anew(folder, make_mirror, fetch):
    mirror = make_mirror(folder, takes_ranges=False, cut_after=[400_000])
    fetch(mirror.address)
    assert [wanted for _, wanted in mirror.requests] == ["", "bytes=400000-"]


def test_another_mirror_goes_on_where_the_first_broke_off(folder, make_mirror, fetch, dead_address):
    cutting, steady = make_mirror(folder, cut_after=[600_000]), make_mirror(folder)
    assert fetch(dead_address, cutting.address, steady.address) == f"{steady.address}/file"
    assert steady.requests == [("/file", "bytes=600000-")]


def test_a_mirror_that_is_busy_is_asked_again(folder, make_mirror, fetch):
    mirror = make_mirror(folder, statuses=[503, 429])
    fetch(mirror.address)
    assert len(mirror.requests) == 3


def test_what_is_not_there_is_asked_for_once(tmp_path, make_mirror, fetch):
    mirror = make_mirror(tmp_path)
    error = refused(fetch, mirror.address)
    assert "404" in error.reasons[f"{mirror.address}/file"]
    assert len(mirror.requests) == 1


def test_redirects_are_followed_but_not_in_circles(folder, make_mirror, fetch):
    target = make_mirror(folder)
    fetch(make_mirror(folder, redirect_to=target.address).address)
    assert target.requests == [("/file", "")]
    fetch.partial.unlink()
    circle = make_mirror(folder)
    circle.redirect_to = circle.address
    assert "circles" in refused(fetch, circle.address).reasons[f"{circle.address}/file"]


def test_wrong_bytes_are_deleted_and_the_next_mirror_is_asked(folder, make_mirror, fetch):
    liar, honest = make_mirror(folder, flips=True), make_mirror(folder)
    assert fetch(liar.address, honest.address) == f"{honest.address}/file"
    assert len(liar.requests) == 1
    assert honest.requests == [("/file", "")]


def test_only_wrong_bytes_are_told_with_their_digest(folder, make_mirror, fetch):
    liar = make_mirror(folder, flips=True)
    error = refused(fetch, liar.address)
    wrong = CONTENT[:100] + bytes([CONTENT[100] ^ 1]) + CONTENT[101:]
    assert error.wrong == {f"{liar.address}/file": hashlib.sha256(wrong).hexdigest()}
    assert not fetch.partial.exists()


def test_a_mirror_is_not_blamed_for_what_another_sent(folder, make_mirror, fetch):
    liar = make_mirror(folder, flips=True, cut_after=[500_000, 500_000, 500_000])
    honest = make_mirror(folder)
    assert fetch(liar.address, honest.address) == f"{honest.address}/file"
    assert [wanted for _, wanted in honest.requests] == ["bytes=500000-", ""]


def test_a_spoilt_rest_of_an_earlier_run_is_thrown_away(folder, make_mirror, fetch):
    fetch.partial.write_bytes(b"\0" * 1000)
    mirror = make_mirror(folder)
    fetch(mirror.address)
    assert [wanted for _, wanted in mirror.requests] == ["bytes=1000-", ""]


def test_no_more_is_kept_than_the_file_has(folder, make_mirror, fetch):
    generous = make_mirror(folder, surplus=b"\0" * 5_000_000)
    error = refused(fetch, generous.address)
    assert "more than the 1,500,000 bytes" in error.reasons[f"{generous.address}/file"]
    assert not fetch.partial.exists()


def test_a_slow_mirror_is_left_for_a_fast_one(folder, make_mirror, fetch, monkeypatch):
    monkeypatch.setattr(module, "_WATCHED_SECONDS", 0.2)
    slow, fast = make_mirror(folder, drip=0.01), make_mirror(folder)
    assert fetch(slow.address, fast.address) == f"{fast.address}/file"
    have = int(fast.requests[0][1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < have < 1000


def test_a_silent_mirror_is_left(folder, make_mirror, fetch, monkeypatch):
    monkeypatch.setattr(sources, "SILENT_SECONDS", 0.2)
    silent, other = make_mirror(folder, drip=5.0), make_mirror(folder)
    assert fetch(silent.address, other.address) == f"{other.address}/file"


def test_nobody_there_ends_after_some_rounds_and_keeps_what_came(folder, make_mirror, fetch, dead_address):
    fetch.partial.write_bytes(CONTENT[:10])
    refusing = make_mirror(folder, statuses=[500] * 50)
    error = refused(fetch, dead_address, refusing.address)
    assert "refused" in error.reasons[f"{dead_address}/file"]
    assert len(refusing.requests) == FRUITLESS_ROUNDS
    assert error.wrong == {}
    assert fetch.partial.read_bytes() == CONTENT[:10]


def test_other_protocols_are_read_from_any_place_on(folder, fetch):
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe_file("/release/file", CONTENT)
    fetch.partial.write_bytes(CONTENT[:700_000])
    assert fetch("memory://release") == "memory://release/file"
    fetch.partial.unlink()
    assert fetch(folder.as_uri()) == f"{folder.as_uri()}/file"


@pytest.mark.parametrize(
    ("address", "reason"), [("memory://elsewhere", "no such file"), ("nonsense://elsewhere", "Protocol not known")]
)
def test_what_a_driver_cannot_do_is_told(fetch, address, reason):
    assert reason in refused(fetch, address).reasons[f"{address}/file"]
