"""Headers of tar archives: what nobody writes is refused, wherever it stands; what tar writes is not."""

import io
import tarfile
from pathlib import Path

import pytest

from bosonpeak.datasets.adapters.files.archive_checks import LARGEST_HEADER, require_plain_headers
from bosonpeak.datasets.errors import ForeignInputError


def header(kind=tarfile.REGTYPE, size=0, field=None):
    """One block, with the size written in a way of one's own if a field is given."""
    entry = tarfile.TarInfo("a.txt")
    entry.type, entry.size = kind, size
    block = entry.tobuf(format=tarfile.USTAR_FORMAT)
    if field is None:
        return block
    block = block[:124] + field + block[136:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(content):
    return content.ljust(-(-len(content) // 512) * 512, b"\0")


def described(content, kind=tarfile.XHDTYPE):
    return header(kind, len(content)) + padded(content)


def look(content, most=10):
    require_plain_headers(io.BytesIO(content), Path("x.tar"), most)


def refusal(content, most=10):
    with pytest.raises(ForeignInputError) as caught:
        look(content, most)
    assert caught.value.what == "unsupported header in the tar archive"
    assert (caught.value.where, caught.value.done) == ("x.tar", "nothing was unpacked")
    assert caught.value.expected == "headers as tar writes them for plain files, up to 16,384 bytes"
    return caught.value.got


MOVED = described(b"16 size=1000000\n")
FILE = bytes(range(1, 201)) * 3


@pytest.mark.parametrize(
    "before",
    [
        b"",
        described(b"6 a=b\n"),
        described(b"6 a=b\n", tarfile.XGLTYPE),
        described(b"long/" * 120, tarfile.GNUTYPE_LONGNAME),
        described(b"long/" * 120, tarfile.GNUTYPE_LONGLINK),
        header(size=len(FILE)) + padded(FILE),
        header(field=b"\x80" + len(FILE).to_bytes(11, "big")) + padded(FILE),
        header(field=b"00000001130 ") + padded(FILE),
        header(field=bytes(12)),
        header(tarfile.SYMTYPE, size=len(FILE)),
        header(tarfile.DIRTYPE, size=len(FILE)),
    ],
)
def test_what_moves_contents_is_refused_whatever_stands_before(before):
    assert refusal(before + MOVED) == "a PAX record size"
    look(before + bytes(1024))


@pytest.mark.parametrize(
    ("records", "reported"),
    [
        (b"9" * 128, "a number of more than a hundred digits"),
        (b"131 a=" + b"9" * 127, "a damaged PAX record"),
        (b"0 a=b\n", "a damaged PAX record"),
        (b"a=b\n", "a damaged PAX record"),
        (b"6 a=b\n99 c=d\n", "a damaged PAX record"),
        (b"6 a=bc7 d=ef\n", "a damaged PAX record"),
        (b"5 a=b", "a damaged PAX record"),
        (b"16 size=1000000\n", "a PAX record size"),
        (b"6 a=b\n16 size=1000000\n", "a PAX record size"),
        (b"24 GNU.sparse.size=1000\n", "a PAX record GNU.sparse.size"),
        (b"21 hdrcharset=BINARY\n", "a PAX record hdrcharset"),
    ],
)
@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE])
def test_records_that_are_damaged_or_move_contents(records, reported, kind):
    assert refusal(described(records, kind) + bytes(1024)) == reported


@pytest.mark.parametrize("field", [b"X0000001130 ", b"0000000113X ", b"-0000001130 ", b"8" * 11 + b" "])
def test_sizes_that_are_no_octal_numbers(field):
    assert refusal(header(field=field) + padded(FILE)) == f"a size of {field!r}"


def test_a_header_may_be_as_long_as_the_largest():
    records = b"6 a=b\n" * 2729 + b"10 abc=de\n"
    assert len(records) == LARGEST_HEADER
    look(described(records) + bytes(1024))
    assert refusal(described(records + b"6 a=b\n")) == "a header of 16,390 bytes"


def test_there_are_no_more_than_three_headers_a_member():
    look(2 * header() + bytes(1024), most=1)
    assert refusal(3 * header() + bytes(1024), most=1) == "more than 3 headers"


@pytest.mark.parametrize("rest", [b"", b"x" * 100, bytes(512) + MOVED, b"x" * 512 + MOVED])
def test_where_the_archive_ends_its_reader_says_what_is_wrong(rest):
    look(header() + rest)
