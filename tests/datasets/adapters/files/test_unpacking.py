"""Archives: what honest ones hold comes out, and nothing leaves the folder that goes away."""

import gzip
import io
import lzma
import os
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.adapters.files import unpacking
from bosonpeak.datasets.adapters.files.unpacking import sole_folder, unpacked
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.sandbox.limits import Limits

FILES = {"run/README.md": b"hello\n", "run/spectra/glass-1.txt": b"0.1\n0.2\n", "run/empty.txt": b""}


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory, monkeypatch):
    """Where temporary folders go; nothing may be left there."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tarred(path, members, mode="w", form=tarfile.PAX_FORMAT):
    with tarfile.open(path, mode, format=form) as archive:
        for name, content in members:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def special(name, kind, target=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def zip_end(size):
    """The last record of a zip archive, with the size of its list."""
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, size, 0, 0)


def large_zip_end(size, record=b"PK\x06\x06", locator=b"PK\x06\x07"):
    """The same with 64 bits, before a last record with another size."""
    large = struct.pack("<4sQ2H2L4Q", record, 44, 45, 45, 0, 0, 9, 9, size, 0)
    return large + struct.pack("<4sLQL", locator, 0, 0, 1) + zip_end(100)


def content_of(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def refusal(path, **limits):
    with pytest.raises(ForeignInputError) as caught, unpacked(path, limits=Limits(**limits)):
        pytest.fail("it was unpacked")
    assert path.name in caught.value.where
    return caught.value


MAKERS = {
    "zip": lambda path: zipped(path, FILES.items()),
    "zip, stored": lambda path: zipped(path, FILES.items(), zipfile.ZIP_STORED),
    "tar": lambda path: tarred(path, FILES.items()),
    "tar, ustar": lambda path: tarred(path, FILES.items(), form=tarfile.USTAR_FORMAT),
    "tar, gnu": lambda path: tarred(path, FILES.items(), form=tarfile.GNU_FORMAT),
    "tar.gz": lambda path: tarred(path, FILES.items(), "w:gz"),
    "tar.xz": lambda path: tarred(path, FILES.items(), "w:xz"),
}


class TestHonestArchives:
    @pytest.mark.parametrize("kind", MAKERS)
    def test_content_decides_and_all_of_it_comes_out(self, tmp_path, scratch, kind):
        path = MAKERS[kind](tmp_path / "submission.any")
        with unpacked(path) as folder:
            assert content_of(folder) == FILES
            assert scratch in folder.parents
            assert sole_folder(folder) == folder / "run"
            assert [entry.name for entry in folder.parent.iterdir()] == ["content"]

    def test_folders_that_are_listed_come_out_empty_ones_too(self, tmp_path):
        packed = zipped(tmp_path / "x", [("run/", b""), ("run/a", b"1"), ("run/empty/", b"")])
        entries = [("run", b""), ("run/a", b"1"), ("run/empty", b"")]
        kinds = [name if content else special(name, tarfile.DIRTYPE) for name, content in entries]
        with_tar = tarred(tmp_path / "y", [(kind, content) for kind, (_, content) in zip(kinds, entries, strict=True)])
        for path in (packed, with_tar):
            with unpacked(path) as folder:
                assert content_of(folder) == {"run/a": b"1"}
                assert (folder / "run" / "empty").is_dir()

    def test_what_tar_writes_of_a_folder(self, tmp_path):
        (tmp_path / "run" / "deep").mkdir(parents=True)
        (tmp_path / "run" / "deep" / ("long" * 50)).write_bytes(b"x")
        subprocess.run(["tar", "czf", "run.tgz", "-C", "run", "."], cwd=tmp_path, check=True)
        with unpacked(tmp_path / "run.tgz") as folder:
            assert content_of(folder) == {f"deep/{'long' * 50}": b"x"}
            assert sole_folder(folder) == folder / "deep"

    def test_a_folder_and_a_plain_file_are_given_as_they_are(self, tmp_path):
        file = tmp_path / "spectrum.txt"
        file.write_text("0.1\n0.2\n")
        np.savez(tmp_path / "spectra.npz", np.arange(3.0))
        for path in (tmp_path, file, tmp_path / "spectra.npz"):
            with unpacked(path) as found:
                assert found == path

    def test_an_archive_may_be_empty(self, tmp_path):
        with unpacked(zipped(tmp_path / "x", [])) as folder:
            assert folder.name == "content"
            assert list(folder.iterdir()) == []

    def test_arrays_in_folders_are_an_archive(self, tmp_path):
        with unpacked(zipped(tmp_path / "x", [("case/forces.npy", b"1"), ("case/energy.npy", b"2")])) as folder:
            assert sorted(content_of(folder)) == ["case/energy.npy", "case/forces.npy"]

    def test_the_folder_goes_away_whatever_happens_in_the_block(self, tmp_path):
        path, kept = MAKERS["tar.gz"](tmp_path / "x"), []

        def fail():
            with unpacked(path) as folder:
                kept.append(folder)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert not kept[0].exists()

    def test_nothing_of_an_archive_is_executable(self, tmp_path):
        entry = tarfile.TarInfo("run.sh")
        entry.mode = 0o6777
        with unpacked(tarred(tmp_path / "x", [(entry, b"#!/bin/sh\n")])) as folder:
            assert (folder / "run.sh").stat().st_mode & 0o7111 == 0

    def test_sole_folder(self, tmp_path):
        assert sole_folder(tmp_path) is None
        (tmp_path / "file").touch()
        assert sole_folder(tmp_path) is None
        (tmp_path / "file").unlink()
        (tmp_path / "a").mkdir()
        (tmp_path / "__MACOSX").mkdir()
        (tmp_path / ".DS_Store").touch()
        assert sole_folder(tmp_path) == tmp_path / "a"
        (tmp_path / "b").touch()
        assert sole_folder(tmp_path) is None


UNSAFE = [
    "../evil",
    "a/../../evil",
    "..",
    "/etc/passwd",
    "//host/share",
    "C:evil",
    "C:\\evil",
    "..\\evil",
    "a\\b",
    "a:stream",
    "<script>alert(1)</script>",
    'x" onload="y',
    "a\nb",
    "a\x1b[31mb",
    "\u202egnp.exe",
    "tail. ",
    "tail.",
    " head",
    "a" * 300,
    "/".join(["deep"] * 40),
    "/".join(["d" * 200] * 8),
]


class TestNames:
    @pytest.mark.parametrize("name", UNSAFE)
    @pytest.mark.parametrize("maker", [zipped, tarred])
    def test_names_that_are_not_plain(self, tmp_path, maker, name):
        error = refusal(maker(tmp_path / "x", [("good", b"1"), (name, b"2")]))
        assert error.what == "an archive member has an unsafe name"
        assert error.got.isascii()
        assert error.done == "nothing was unpacked"
        assert os.listdir(tmp_path) == ["x"]

    def test_a_name_that_goes_on_after_a_nul(self, tmp_path):
        path = zipped(tmp_path / "x", [("good.txtXevil", b"1")])
        path.write_bytes(path.read_bytes().replace(b"good.txtXevil", b"good.txt\0evil"))
        assert "U+0000" in refusal(path).got

    @pytest.mark.parametrize(
        "names",
        [
            ("a", "a"),
            ("a/b", "a/./b"),
            ("a", "A"),
            ("Straße", "STRASSE"),
            ("caf\u00e9", "cafe\u0301"),
            ("a", "a/b"),
            ("a/b", "a"),
            ("dir/x", "DIR/y"),
        ],
    )
    @pytest.mark.parametrize("maker", [zipped, tarred])
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_members_for_one_file(self, tmp_path, maker, names):
        error = refusal(maker(tmp_path / "x", [(name, b"1") for name in names]))
        assert error.what == "two archive members have the same name"

    def test_folders_may_be_named_more_than_once(self, tmp_path):
        entries = [(special("a", tarfile.DIRTYPE), b""), (special("a", tarfile.DIRTYPE), b""), ("a/b", b"1")]
        with unpacked(tarred(tmp_path / "x", entries)) as folder:
            assert content_of(folder) == {"a/b": b"1"}

    def test_a_file_without_a_name(self, tmp_path):
        assert refusal(zipped(tmp_path / "x", [(".", b"1")])).what == "an archive member has no name"


class TestMembers:
    @pytest.mark.parametrize(
        "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    )
    def test_links_and_devices_in_tar(self, tmp_path, kind):
        error = refusal(tarred(tmp_path / "x", [("a", b"1"), (special("b", kind, "/etc/passwd"), b"")]))
        assert error.what == "an archive member is not a file"

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
    def test_links_and_devices_in_zip(self, tmp_path, kind):
        entry = zipfile.ZipInfo("b")
        entry.external_attr = (kind | 0o777) << 16
        assert refusal(zipped(tmp_path / "x", [("a", b"1"), (entry, b"/etc/passwd")])).what == (
            "an archive member is not a file"
        )

    def test_a_file_below_a_link(self, tmp_path):
        """The classic: a link to a folder elsewhere, then a file in it."""
        entries = [(special("run", tarfile.SYMTYPE, str(tmp_path)), b""), ("run/evil", b"1")]
        refusal(tarred(tmp_path / "x", entries))
        assert not (tmp_path / "evil").exists()

    def test_sparse_members(self, tmp_path):
        (tmp_path / "sparse").touch()
        os.truncate(tmp_path / "sparse", 10 * 1024**3)
        done = subprocess.run(["tar", "--sparse", "-cf", "x", "sparse"], cwd=tmp_path, check=False, capture_output=True)
        if done.returncode:
            pytest.skip("this tar writes no sparse members")
        assert (tmp_path / "x").stat().st_size < 100_000
        assert refusal(tmp_path / "x").got == "'sparse': sparse"

    def test_encrypted_members(self, tmp_path):
        path = zipped(tmp_path / "x", [("a", b"1" * 30)], zipfile.ZIP_STORED)
        data = bytearray(path.read_bytes())
        for start, offset in ((data.find(b"PK\x03\x04"), 6), (data.find(b"PK\x01\x02"), 8)):
            data[start + offset] |= 1
        path.write_bytes(data)
        error = refusal(path)
        assert (error.what, error.got) == ("an archive member is compressed by an unsupported method", "'a': encrypted")

    def test_how_well_a_packer_says_to_have_packed_is_no_matter(self, tmp_path):
        """Bits 1 and 2 of the flags, which ``zip -9`` and ``zip -1`` set."""
        path = zipped(tmp_path / "x", [("a", b"1" * 30)])
        data = bytearray(path.read_bytes())
        for start, offset in ((data.find(b"PK\x03\x04"), 6), (data.find(b"PK\x01\x02"), 8)):
            data[start + offset] |= 6
        path.write_bytes(data)
        with unpacked(path) as folder:
            assert content_of(folder) == {"a": b"1" * 30}

    def test_a_folder_that_claims_to_be_long_has_no_content(self, tmp_path):
        folder, file = special("a", tarfile.DIRTYPE), tarfile.TarInfo("a/b")
        folder.size, file.size = 10**9, 1
        (tmp_path / "x").write_bytes(folder.tobuf() + file.tobuf() + b"1".ljust(512, b"\0") + bytes(1024))
        with unpacked(tmp_path / "x") as found:
            assert content_of(found) == {"a/b": b"1"}

    def test_odd_compression(self, tmp_path):
        assert "method 12" in refusal(zipped(tmp_path / "x", [("a", b"1" * 99)], zipfile.ZIP_BZIP2)).got


class TestSizes:
    @pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.xz"])
    def test_too_much_in_all(self, tmp_path, kind):
        assert refusal(MAKERS[kind](tmp_path / "x"), unpacked=10).what == "the archive unpacks to too much"

    @pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
    def test_too_many_files(self, tmp_path, monkeypatch, kind):
        monkeypatch.setattr(unpacking, "MAXIMUM_FILES", 2)
        assert refusal(MAKERS[kind](tmp_path / "x")).what == "the archive has too many members"

    @pytest.mark.parametrize("kind", ["zip", "tar"])
    def test_as_much_as_is_allowed_comes_out(self, tmp_path, monkeypatch, kind):
        monkeypatch.setattr(unpacking, "MAXIMUM_FILES", len(FILES))
        size = sum(map(len, FILES.values()))
        path = MAKERS[kind](tmp_path / "x")
        with unpacked(path, limits=Limits(unpacked=size)) as folder:
            assert content_of(folder) == FILES
        error = refusal(path, unpacked=size - 1)
        assert (error.expected, error.got) == ("at most 13 bytes, a limit that can be raised", "14 or more")
        monkeypatch.setattr(unpacking, "MAXIMUM_FILES", len(FILES) - 1)
        error = refusal(path)
        assert (error.expected, error.got, error.done) == ("at most 2", "more", "nothing was unpacked")

    def test_how_far_an_archive_may_expand(self, tmp_path):
        size = 1 << 16
        path = zipped(tmp_path / "x", [("zeros", bytes(size))])
        packed = path.stat().st_size
        assert size % packed
        for limits in ({"harmless": size, "ratio": 1}, {"harmless": size - 1, "ratio": size // packed + 1}):
            with unpacked(path, limits=Limits(**limits)) as folder:
                assert (folder / "zeros").stat().st_size == size
        error = refusal(path, harmless=size - 1, ratio=size // packed)
        assert error.what == "the archive unpacks to far more than its size"
        assert error.expected == f"at most {size // packed} to 1 beyond 65,535 bytes, a limit that can be raised"
        assert error.got == f"65,536 bytes or more, from {packed:,}"

    @pytest.mark.parametrize("packer", [gzip.compress, lzma.compress])
    def test_bombs(self, tmp_path, packer):
        size = 2 << 20
        entry = tarfile.TarInfo("zeros")
        entry.size = size
        path = tmp_path / "x"
        path.write_bytes(packer(entry.tobuf() + bytes(size) + bytes(1024)))
        error = refusal(path, harmless=1 << 20)
        assert error.what == "the archive unpacks to far more than its size"
        with unpacked(path, limits=Limits(harmless=1 << 20, ratio=10_000)) as folder:
            assert (folder / "zeros").stat().st_size == size

    @pytest.mark.parametrize("packer", [gzip.compress, lzma.compress])
    def test_a_bomb_is_never_held_as_a_whole(self, tmp_path, packer):
        (tmp_path / "x").write_bytes(packer(tarfile.TarInfo("zeros").tobuf() + bytes(1 << 26)))
        tracemalloc.start()
        error = refusal(tmp_path / "x", unpacked=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert error.what == "the archive unpacks to too much"
        assert peak < 1 << 24  # the window of xz takes half of it

    @pytest.mark.parametrize("packer", [gzip.compress, lzma.compress])
    def test_what_is_packed_well_and_badly_by_turns_comes_out_whole(self, tmp_path, packer):
        noise = np.random.default_rng(1).bytes(3 << 19)
        content = noise + bytes(3 << 20) + noise
        entry = tarfile.TarInfo("a")
        entry.size = len(content)
        (tmp_path / "x").write_bytes(packer(entry.tobuf() + content + bytes(1024)))
        with unpacked(tmp_path / "x") as folder:
            assert (folder / "a").read_bytes() == content

    def test_a_packed_file_that_asks_for_gigabytes_to_be_unpacked(self, tmp_path):
        """A dictionary of two gigabytes, of which nothing is used; the block's header has a checksum of its own."""
        packed = bytearray(lzma.compress(tarfile.TarInfo("a").tobuf() + bytes(1024)))
        end = 12 + 4 * (packed[12] + 1) - 4
        packed[16] = 38
        packed[end : end + 4] = struct.pack("<L", zlib.crc32(packed[12:end]))
        (tmp_path / "x").write_bytes(packed)
        error = refusal(tmp_path / "x")
        assert error.what == "the archive is damaged, or not an archive"
        assert "emory" in error.got

    def test_a_bomb_in_zip(self, tmp_path):
        path = zipped(tmp_path / "x", [(f"zeros-{k}", bytes(1 << 20)) for k in range(4)])
        assert refusal(path, harmless=1 << 20).what == "the archive unpacks to far more than its size"

    def test_what_shrinks_a_hundred_times_beyond_256_megabytes(self, tmp_path):
        size = (1 << 28) + 1
        path = zipped(tmp_path / "x", [("zeros", bytes(size))])
        assert path.stat().st_size * 100 < size
        assert refusal(path).what == "the archive unpacks to far more than its size"
        with unpacked(zipped(tmp_path / "y", [("zeros", bytes(size - 1))])) as folder:
            assert (folder / "zeros").stat().st_size == size - 1

    def test_an_archive_in_an_archive_is_a_file(self, tmp_path):
        inner = zipped(tmp_path / "inner", [("zeros", bytes(1 << 20))]).read_bytes()
        with unpacked(zipped(tmp_path / "x", [("inner.zip", inner)])) as folder:
            assert content_of(folder) == {"inner.zip": inner}

    def test_sparse_matrices_in_text_may_shrink(self, tmp_path):
        with unpacked(zipped(tmp_path / "x", [("zeros.txt", b"0 " * (1 << 20))])) as folder:
            assert (folder / "zeros.txt").stat().st_size == 2 << 20

    @pytest.mark.parametrize("claimed", [3, 30_000])
    def test_zip_members_that_lie_about_their_size(self, tmp_path, claimed):
        path = zipped(tmp_path / "x", [("a.txt", bytes(range(100)))])
        data = bytearray(path.read_bytes())
        for start, offset in ((data.find(b"PK\x03\x04"), 22), (data.find(b"PK\x01\x02"), 24)):
            struct.pack_into("<L", data, start + offset, claimed)
        path.write_bytes(data)
        assert refusal(path).what == "the archive is damaged, or not an archive"

    @pytest.mark.parametrize("claimed", [10 * 1024**3, 2**60, 5_000])
    def test_tar_headers_that_lie_about_their_size(self, tmp_path, claimed):
        entry = tarfile.TarInfo("a.txt")
        entry.size = claimed
        path = tmp_path / "x"
        path.write_bytes(entry.tobuf(format=tarfile.GNU_FORMAT) + bytes(512))
        assert refusal(path).what == "the archive is damaged, or not an archive"

    @pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
    def test_long_headers_that_lie_about_their_size(self, tmp_path, kind):
        entry = special("a.txt", kind)
        entry.size = 3 * 1024**3
        path = tmp_path / "x"
        path.write_bytes(entry.tobuf(format=tarfile.GNU_FORMAT) + bytes(2048))
        assert refusal(path).got == f"a header of {entry.size:,} bytes"

    @pytest.mark.parametrize(
        ("records", "reported"),
        [
            (b"9" * 4096, "a number of more than a hundred digits"),
            (b"11 a=" + b"1 " * 2048, "a damaged PAX record"),
            (b"16 size=1000000\n", "a PAX record size"),
            (b"6 a=b\n" * 3000, "a header of 18,000 bytes"),
        ],
    )
    @pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE])
    @pytest.mark.parametrize("packer", [bytes, gzip.compress])
    def test_headers_that_python_would_ponder_over(self, tmp_path, kind, records, reported, packer):
        entry = special("a.txt", kind)
        entry.size = len(records)
        path = tmp_path / "x"
        path.write_bytes(packer(entry.tobuf() + records.ljust(-(-len(records) // 512) * 512, b"\0") + bytes(1024)))
        start = time.perf_counter()
        assert refusal(path).got == reported
        assert time.perf_counter() - start < 5.0

    def test_pax_headers_that_tar_writes(self, tmp_path):
        name = "\N{GREEK SMALL LETTER OMEGA}/" + "x" * 150 + "/spectrum.txt"
        path = tarred(tmp_path / "x", [(name, b"0.1")])
        with unpacked(path) as folder:
            assert content_of(folder) == {name: b"0.1"}

    @pytest.mark.parametrize("before", [b"", zip_end(100)])
    @pytest.mark.parametrize(
        ("end", "size"),
        [(zip_end, (1 << 24) + 1), (zip_end, 2**32 - 1), (large_zip_end, 2**40), (large_zip_end, 2**64 - 1)],
    )
    def test_a_list_of_members_longer_than_the_archive(self, tmp_path, before, end, size):
        (tmp_path / "x").write_bytes(b"PK\x03\x04" + before + end(size))
        assert refusal(tmp_path / "x").what == "the archive is damaged, or not an archive"


class TestDamage:
    @pytest.mark.parametrize("kind", MAKERS)
    def test_a_truncated_archive(self, tmp_path, kind):
        whole = MAKERS[kind](tmp_path / "x").read_bytes()
        length = whole.rstrip(b"\0").rfind(b"ustar") if kind.startswith("tar,") or kind == "tar" else len(whole) - 25
        (tmp_path / "x").write_bytes(whole[:length])
        assert refusal(tmp_path / "x").what == "the archive is damaged, or not an archive"

    def test_a_tar_that_ends_between_two_members(self, tmp_path):
        whole = tarred(tmp_path / "x", [("a", b"1" * 512), ("b", b"2" * 512)]).read_bytes()
        (tmp_path / "x").write_bytes(whole[:1024])
        assert refusal(tmp_path / "x").got == "no end of the archive"

    def test_compressed_files_that_are_no_archives(self, tmp_path):
        for packer in (gzip.compress, lzma.compress):
            (tmp_path / "x").write_bytes(packer(b"0.1\n0.2\n" * 200))
            error = refusal(tmp_path / "x")
            assert (error.what, error.expected) == (
                "the archive is damaged, or not an archive",
                "zip, tar, tar.gz or tar.xz",
            )
            assert "packed without tar" in error.likely_cause
            assert error.done == "unpacked parts were removed"

    @pytest.mark.parametrize(
        "magic", [b"7z\xbc\xaf\x27\x1c\0", b"Rar!\x1a\x07\0", b"\x28\xb5\x2f\xfd\0", b"BZh91AY&SY\0"]
    )
    def test_kinds_that_are_not_read(self, tmp_path, magic):
        (tmp_path / "x").write_bytes(magic)
        error = refusal(tmp_path / "x")
        assert (error.what, error.expected) == ("unsupported kind of archive", "zip, tar, tar.gz or tar.xz")
        assert error.likely_cause == "unpack it, and give the folder"

    def test_what_is_not_there(self, tmp_path):
        assert refusal(tmp_path / "nothing").what == "the file does not exist"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_folder_are_not_the_sole_folder(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path.parent, target_is_directory=True)
    assert sole_folder(tmp_path) is None


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["zip", "tar", "tar.gz", "tar.xz"]), st.data())
def test_whatever_byte_is_wrong_it_is_a_folder_or_a_clear_error(tmp_path_factory, kind, data):
    path = MAKERS[kind](tmp_path_factory.mktemp("damaged") / "x")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, min(len(content), 2000) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with unpacked(path) as folder:
            assert folder == path or all(folder in file.parents for file in folder.rglob("*"))
    except ForeignInputError:
        pass
