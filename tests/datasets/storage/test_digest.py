"""Digests: blind to how the data are stored, sensitive to everything they say."""

import errno
import hashlib
import os

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bosonpeak.datasets.errors import SchemaError, StoreError
from bosonpeak.datasets.storage import digest as digests
from bosonpeak.datasets.storage.digest import content_digest, file_sha256, tree_digest

NUMBERS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int32, np.int16]),
    hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=5),
)


def dataset_of(values, units="1", name="x"):
    dims = [f"d{axis}" for axis in range(np.ndim(values))]
    return xr.Dataset({name: (dims, values, {"units": units})})


def test_a_hand_made_example():
    header = b'["x", ["d0"], "<i4", [2], "a"]'
    content = len(header).to_bytes(8, "little") + header + np.array([1, -1], dtype="<i4").tobytes()
    expected = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert content_digest(dataset_of(np.array([1, -1], dtype=np.int32), units="a")) == expected


def length(content):
    return len(content).to_bytes(8, "little")


def test_hand_made_text_scalars_and_tables_of_another_byte_order():
    text, half, table, zero = (
        "\N{GREEK SMALL LETTER OMEGA}",
        np.float64(0.5),
        np.array([[1.0, np.nan], [2.0, 3.0]]),
        True,
    )
    dataset = xr.Dataset(
        {
            "text": ("d0", np.array([text, ""])),
            "half": ((), half, {"units": "a"}),
            "zero": ((), zero),
            "table": (("d0", "d1"), np.asfortranarray(table.astype(">f8"))),
        }
    )
    written = {
        b'["half", [], "<f8", [], "a"]': half.tobytes(),
        b'["table", ["d0", "d1"], "<f8", [2, 2], ""]': table.astype("<f8").tobytes(),
        b'["text", ["d0"], "str", [2], ""]': length(text.encode()) + text.encode() + length(b""),
        b'["zero", [], "|b1", [], ""]': b"\x01",
    }
    content = b"".join(length(header) + header + values for header, values in written.items())
    assert content_digest(dataset) == f"sha256:{hashlib.sha256(content).hexdigest()}"


@given(NUMBERS, st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_storage_does_not_matter(values, chunk):
    dataset = dataset_of(values)
    digest = content_digest(dataset)
    assert content_digest(dataset_of(values.astype(values.dtype.newbyteorder(">")))) == digest
    assert content_digest(dataset_of(np.asfortranarray(values))) == digest
    assert content_digest(dataset.chunk(chunk)) == digest
    assert content_digest(dataset.assign_attrs(title="another", created="2000-01-01")) == digest


@given(NUMBERS, st.data())
@settings(max_examples=50, deadline=None)
def test_one_changed_bit_matters(values, data):
    values = np.nan_to_num(values)
    other = values.copy()
    bits = other.reshape(-1).view(np.uint8)
    bits[data.draw(st.integers(0, bits.size - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert content_digest(dataset_of(values)) != content_digest(dataset_of(other))


def test_names_types_dimensions_shapes_and_units_matter():
    base = np.arange(6.0).reshape(2, 3)
    digests = {
        content_digest(dataset)
        for dataset in (
            dataset_of(base),
            dataset_of(base, name="y"),
            dataset_of(base, units="a"),
            dataset_of(base.astype(np.float32)),
            dataset_of(base.reshape(3, 2)),
            dataset_of(base).rename(d0="rows"),
            dataset_of(base).assign_coords(d0=[0, 1]),
            xr.Dataset(),
        )
    }
    assert len(digests) == 8


def test_order_of_variables_does_not_matter():
    one, two = dataset_of(np.arange(3.0)), dataset_of(np.arange(4.0), name="y").rename(d0="e0")
    assert content_digest(one.merge(two)) == content_digest(two.merge(one))


def test_missing_values_are_all_alike():
    payload = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    assert content_digest(dataset_of(payload)) == content_digest(dataset_of(np.full(2, np.nan)))


def test_text_is_told_apart_by_its_boundaries():
    assert content_digest(dataset_of(np.array(["ab", "c"]))) != content_digest(dataset_of(np.array(["a", "bc"])))
    wide = np.array(["ab", "c"], dtype="<U9")
    assert content_digest(dataset_of(np.array(["ab", "c"]))) == content_digest(dataset_of(wide))


def test_types_that_files_do_not_hold_are_refused():
    with pytest.raises(SchemaError) as caught:
        content_digest(dataset_of(np.zeros(2, dtype=complex)))
    error = caught.value
    assert (error.what, error.got, error.where) == (
        "a variable has an unsupported type",
        "complex128",
        "x",
    )
    assert error.expected == "floating point, integer, boolean or text"


def test_slabs_do_not_matter(monkeypatch):
    dataset = dataset_of(np.random.default_rng(0).random((50, 7)))
    digest = content_digest(dataset)
    written, sizes = digests._canonical_bytes, []

    def noted(values, label):
        sizes.append(values.nbytes)
        return written(values, label)

    monkeypatch.setattr(digests, "_canonical_bytes", noted)
    for most, largest in ((1, 56), (55, 56), (112, 112), (300, 280), (10_000, 2800)):
        sizes.clear()
        monkeypatch.setattr(digests, "_SLAB_BYTES", most)
        assert content_digest(dataset) == digest
        assert (max(sizes), sum(sizes)) == (largest, 2800)


def test_a_tree_is_its_groups_whatever_their_order():
    digests = {"/a/b": "sha256:1", "c": "sha256:2"}
    assert tree_digest(digests) == tree_digest({"/c/": "sha256:2", "a/b": "sha256:1"})
    assert tree_digest(digests) != tree_digest({"/a/b": "sha256:2", "c": "sha256:1"})
    written = b'[["a/b", "sha256:1"], ["c", "sha256:2"]]'
    assert tree_digest(digests) == f"sha256:{hashlib.sha256(written).hexdigest()}"
    assert tree_digest({"X": "sha256:1"}) != tree_digest({"": "sha256:1"})


def test_of_a_file(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert file_sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(StoreError, match="the file could not be read") as caught:
        file_sha256(tmp_path / "none")
    assert (caught.value.got, caught.value.where) == (os.strerror(errno.ENOENT), str(tmp_path / "none"))
