"""Foreign eigenfrequencies: every format gives the same dataset, and everything hostile is refused in plain words."""

import io
import struct
import zipfile

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bosonpeak.datasets import convert, read, read_frequencies, validate, write
from bosonpeak.datasets.errors import CardError, ForeignInputError, StoreError
from bosonpeak.datasets.storage.digest import content_digest, file_sha256

FREQUENCIES = np.array([[0.0, 0.125, 0.5], [0.0, 0.25, 2.75]])


def refusal(path, card=None, error=ForeignInputError):
    with pytest.raises(error) as caught:
        read_frequencies(path, card or {})
    assert str(path) in str(caught.value) or isinstance(caught.value, CardError)
    return caught.value


def text(tmp_path, content):
    path = tmp_path / "frequencies.dat"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values(path, card=None):
    return read_frequencies(path, card or {})["eigenfrequency"].values


def npz(tmp_path, *arrays, **named):
    path = tmp_path / "frequencies.anything"
    with open(path, "wb") as stream:
        np.savez(stream, *arrays, **named)
    return path


class TestFormats:
    """One spectrum, many files."""

    def test_every_format_says_the_same(self, tmp_path):
        columns = "\n".join(" ".join(map(repr, row)) for row in FREQUENCIES.T.tolist())
        long_rows = [(s, m, FREQUENCIES[s, m]) for s in range(2) for m in range(3)]
        files = {
            "columns": text(tmp_path, columns).read_bytes(),
            "columns with header": ("first,second\n" + columns.replace(" ", ",")).encode(),
            "semicolons": columns.replace(" ", " ; ").encode(),
            "windows": b"\xef\xbb\xbf" + columns.replace("\n", "\r\n").encode() + b"\r\n",
            "comments": ("# made by hand\n\n% more\n" + columns + "\n# end\n").encode(),
            "fortran": columns.replace("0.125", "0.125D+00").encode(),
            "long": "".join(f"{s} {m} {w}\n" for s, m, w in long_rows).encode(),
            "long from one": "".join(f"{s + 1}\t{m + 1}\t{w}\n" for s, m, w in long_rows).encode(),
            "long csv": ("run,index,omega\n" + "".join(f"{s},{m},{w}\n" for s, m, w in long_rows)).encode(),
            "long in another order": (
                "mode omega seed\n" + "".join(f"{m} {w} {s}\n" for s, m, w in long_rows[::-1])
            ).encode(),
            "long without modes": ("sample frequency\n" + "".join(f"{s} {w}\n" for s, _, w in long_rows)).encode(),
            "savetxt": self.savetxt(long_rows),
            "npz table": npz(tmp_path, FREQUENCIES).read_bytes(),
            "npz arrays": npz(tmp_path, *FREQUENCIES).read_bytes(),
            "npz named": npz(tmp_path, omega=FREQUENCIES, other=np.zeros(7)).read_bytes(),
            "npz fortran order": npz(tmp_path, np.asfortranarray(FREQUENCIES)).read_bytes(),
            "npz big-endian": npz(tmp_path, FREQUENCIES.astype(">f8")).read_bytes(),
            "npz single": npz(tmp_path, FREQUENCIES.astype(np.float32)).read_bytes(),
            "npy": self.npy(FREQUENCIES),
        }
        for name, content in files.items():
            found = read_frequencies(text(tmp_path, content), {"units": "sqrt(t0/m)"})
            np.testing.assert_array_equal(found["eigenfrequency"].values, FREQUENCIES, err_msg=name)
            validate(found, "mode-ensemble")
            assert found["eigenfrequency"].attrs["units"] == "sqrt(t0/m)"
            assert found.attrs["content_digest"] == content_digest(found)

    @staticmethod
    def savetxt(rows):
        stream = io.BytesIO()
        np.savetxt(stream, rows, header="sample mode frequency")
        return stream.getvalue()

    @staticmethod
    def npy(array):
        stream = io.BytesIO()
        np.save(stream, array)
        return stream.getvalue()

    def test_provenance_says_where_the_numbers_came_from(self, tmp_path):
        path = text(tmp_path, "0.1\n0.2\n")
        card = {"title": "Mine", "source": "me", "licence": "CC0-1.0", "nodes": 2}
        attributes = read_frequencies(path, card).attrs
        assert (attributes["title"], attributes["source"], attributes["licence"]) == ("Mine", "me", "CC0-1.0")
        assert attributes["source_file"] == "frequencies.dat"
        assert attributes["source_sha256"] == file_sha256(path)
        assert attributes["source_layout"] == "text, one sample per column (1 columns)"
        assert (attributes["recipe"], attributes["seed"], attributes["input_warnings"]) == ("", "", "")
        assert str(tmp_path) not in str(attributes)

    @pytest.mark.parametrize(
        ("quantity", "expected"),
        [
            (None, [1.0, 4.0]),
            ("frequency", [1.0, 4.0]),
            ("eigenvalue", [1.0, 2.0]),
            ("frequency_over_2pi", [2 * np.pi, 8 * np.pi]),
        ],
    )
    def test_quantities(self, tmp_path, quantity, expected):
        path = npz(tmp_path, np.array([1.0, 4.0]))
        found = values(path, {} if quantity is None else {"quantity": quantity})
        np.testing.assert_allclose(found[0], expected, rtol=1e-15)

    def test_a_name_in_the_file_says_what_the_numbers_are(self, tmp_path):
        path = npz(tmp_path, eigenvalues=np.array([1.0, 4.0]))
        np.testing.assert_array_equal(values(path), [[1.0, 2.0]])
        error = refusal(path, {"quantity": "frequency"}, error=CardError)
        assert error.expected == "eigenvalue, from a name in the file"

    def test_samples_of_different_length_are_padded_and_counted(self, tmp_path):
        arrays = {"s2": np.array([0.5]), "s10": np.array([0.1, 0.2, 0.3]), "s1": np.array([0.7, 0.8])}
        found = read_frequencies(npz(tmp_path, **arrays), {})
        assert found["mode_count"].values.tolist() == [2, 1, 3]
        np.testing.assert_array_equal(
            found["eigenfrequency"].values, [[0.7, 0.8, np.nan], [0.5, np.nan, np.nan], [0.1, 0.2, 0.3]]
        )
        table = "".join(f"{s} {m} {0.5 + m}\n" for s, count in ((4, 2), (9, 1)) for m in range(count))
        assert read_frequencies(text(tmp_path, table), {})["mode_count"].values.tolist() == [2, 1]

    def test_arrays_beside_the_spectrum(self, tmp_path):
        padded = np.array([[0.1, 0.2], [0.3, np.nan]])
        named = {
            "eigenfrequency": padded,
            "mode_count": np.array([2, 1]),
            "participation_ratio": np.where(np.isnan(padded), np.nan, 0.5),
            "zero_mode_count": np.array([1, 1]),
        }
        found = read_frequencies(npz(tmp_path, **named), {})
        np.testing.assert_array_equal(found["eigenfrequency"].values, padded)
        assert found["zero_mode_count"].values.tolist() == [1, 1]
        assert found["participation_ratio"].values[0, 1] == 0.5
        error = refusal(npz(tmp_path, **{**named, "participation_ratio": padded + 3.0}))
        assert "participation_ratio: above one" in error.got
        assert "mode_count" in refusal(npz(tmp_path, **{**named, "mode_count": np.array([2, 3])})).what
        assert "zero_mode_count" in refusal(npz(tmp_path, **{**named, "zero_mode_count": np.array([0.5, 1])})).what

    @settings(max_examples=40, deadline=None)
    @given(
        hnp.arrays(
            np.float64,
            hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5),
            elements=st.floats(1e-3, 1e3),
        ),
        st.sampled_from([" ", ",", ";", "\t"]),
    )
    def test_text_round_trip_is_exact(self, tmp_path_factory, table, separator):
        rows = np.sort(table, axis=1)
        path = tmp_path_factory.mktemp("text") / "x"
        lines = [separator.join(map(repr, column)) for column in rows.T.tolist()]
        path.write_text("\n".join(lines))
        np.testing.assert_array_equal(values(path, {"columns": "samples"}), rows)

    def test_the_card_says_what_columns_are(self, tmp_path):
        path = text(tmp_path, "0 1 0.5 7\n0 2 0.75 3\n")
        found = read_frequencies(path, {"columns": ["sample", "mode", "frequency", "-"]})
        np.testing.assert_array_equal(found["eigenfrequency"].values, [[0.5, 0.75]])
        assert found.attrs["input_warnings"] == "columns not used: 4"
        integers = text(tmp_path, "0 0\n3 3\n6 6\n")
        np.testing.assert_array_equal(
            values(integers, {"columns": "samples", "quantity": "eigenvalue"}), np.sqrt([[0, 3, 6], [0, 3, 6]])
        )


class TestNetcdf:
    """Our own files, and those of others."""

    def test_our_own_file_comes_back_as_it_is(self, make_modes, network, tmp_path):
        for dataset in (make_modes(), network):
            write(dataset, tmp_path / "x.dat")
            xr.testing.assert_identical(read_frequencies(tmp_path / "x.dat", {}), read(tmp_path / "x.dat"))

    def test_a_group_of_our_own_collection(self, collection, tmp_path):
        write(collection, tmp_path / "x.nc")
        group = "situation-2/delta-0.1"
        found = read_frequencies(tmp_path / "x.nc", {"group": group})
        xr.testing.assert_equal(found, collection[group].to_dataset())
        assert "/situation-1/delta-0.1, /situation-2/delta-0.1" in refusal(tmp_path / "x.nc").got
        assert "no such group" in refusal(tmp_path / "x.nc", {"group": "a"}).what

    def test_a_spectrum_holds_no_frequencies(self, spectrum, tmp_path):
        write(spectrum, tmp_path / "x.nc")
        assert "no eigenfrequencies" in refusal(tmp_path / "x.nc").what

    @pytest.mark.parametrize("layout", ["NETCDF4", "NETCDF3_64BIT"])
    def test_somebody_elses_file(self, tmp_path, layout):
        path = tmp_path / "x.cdf"
        foreign = xr.Dataset({"omega": (("run", "k"), FREQUENCIES, {"units": "THz"}), "comment": ("k", np.zeros(3))})
        foreign.to_netcdf(path, format=layout)
        found = read_frequencies(path, {})
        np.testing.assert_allclose(found["eigenfrequency"].values, 2.0 * np.pi * FREQUENCIES, rtol=1e-14)
        assert found["eigenfrequency"].attrs["units"] == "rad/ps"
        assert "arrays not used: comment" in found.attrs["input_warnings"]
        assert "frequencies in THz brought to rad/ps" in found.attrs["input_warnings"]
        assert read_frequencies(path, {"units": "1"})["eigenfrequency"].attrs["units"] == "1"

    def test_damaged_files(self, make_modes, tmp_path):
        path = tmp_path / "x.nc"
        write(make_modes(), path)
        path.write_bytes(path.read_bytes()[:1000])
        assert "truncated" in refusal(path).likely_cause

    def test_a_file_of_ours_that_breaks_its_schema(self, make_modes, tmp_path):
        dataset = make_modes()
        dataset["eigenfrequency"].values[0, 0] = -1.0
        dataset.to_netcdf(tmp_path / "x.nc")
        assert "eigenfrequency: negative" in refusal(tmp_path / "x.nc").got


class TestNumbers:
    """What cannot be an eigenfrequency, and what is forgiven."""

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_numbers_that_are_not_finite(self, tmp_path, bad):
        table = FREQUENCIES.copy()
        table[1, 1] = bad
        error = refusal(npz(tmp_path, table))
        assert error.got == f"{bad}; 1 in all"
        assert error.where.endswith("array 'arr_0', sample 1, mode 1")
        path = text(tmp_path, f"0.1 {bad}\n0.3 0.4\n")
        assert refusal(path).where == f"{path}, line 1, column 2"

    def test_negative_numbers_without_a_name_are_counted_and_the_worst_is_named(self, tmp_path):
        table = np.array([[-0.25, -0.125, 1.0], [-0.5, 0.0, 1.0]])
        error = refusal(npz(tmp_path, table))
        assert error.what == "there are negative frequencies"
        assert error.got == "3; the worst is -0.5"
        assert error.where.endswith("sample 1, mode 0")
        assert "unstable" in error.likely_cause
        assert 'quantity = "eigenvalue"' in error.likely_cause
        assert "other sign" in refusal(npz(tmp_path, -np.abs(table)), {"quantity": "eigenvalue"}).likely_cause

    @settings(max_examples=30, deadline=None)
    @given(st.floats(0.01, 100.0), st.floats(0.0, 3.0))
    def test_the_bound_for_round_off_is_relative_and_sharp(self, tmp_path_factory, largest, fraction):
        row = np.array([-fraction * 1e-10 * largest, 0.5 * largest, largest])
        path = npz(tmp_path_factory.mktemp("bound"), row)
        if fraction <= 1.0:
            found = read_frequencies(path, {"quantity": "eigenvalue"})
            np.testing.assert_array_equal(found["eigenfrequency"].values, np.sqrt([np.maximum(row, 0.0)]))
            assert ("set to zero" in found.attrs["input_warnings"]) == (row[0] < 0)
        else:
            (below,) = read_frequencies(path, {"quantity": "eigenvalue"})["unstable_frequency"].values
            np.testing.assert_allclose(below, -np.sqrt(-row[:1]), rtol=1e-15)

    def test_zero_modes_out_of_order_at_round_off_are_forgiven(self, tmp_path):
        found = read_frequencies(npz(tmp_path, np.array([3e-9, 1e-9, 0.5, 1.0])), {})
        np.testing.assert_array_equal(found["eigenfrequency"].values, [[1e-9, 3e-9, 0.5, 1.0]])
        assert "put in order in 1 sample" in found.attrs["input_warnings"]

    def test_unsorted_modes(self, tmp_path):
        error = refusal(npz(tmp_path, np.array([[0.1, 0.2, 0.3], [0.1, 0.3, 0.2]])))
        assert error.what == "unsorted modes"
        assert error.got == "0.2 after 0.3; 1 such steps in 1 of 2 samples"
        assert error.where.endswith("sample 1, mode 2")
        path = text(tmp_path, "0.1\n0.3\n0.2\n")
        assert refusal(path).where == f"{path}, line 3, column 1"

    def test_hints_about_the_order(self, tmp_path):
        assert "transpose" in refusal(npz(tmp_path, np.array([[0.3, 0.1], [0.4, 0.2]]))).likely_cause
        assert "descending" in refusal(npz(tmp_path, np.array([[0.3, 0.1], [0.2, 0.1]]))).likely_cause

    def test_rounding_is_noticed_where_it_makes_neighbours_equal(self, tmp_path):
        path = text(tmp_path, "0.12\n0.12\n0.57\n1.43\n")
        assert read_frequencies(path, {}).attrs["frequency_decimals"] == 2
        for rows in ("0.12\n0.13\n", "0.1234567890123\n0.1234567890123\n0.5\n", "1.0\n1.0\n2.0\n"):
            found = read_frequencies(text(tmp_path, rows), {"columns": "samples"})
            assert "frequency_decimals" not in found.attrs

    def test_identical_samples_are_noticed(self, tmp_path):
        found = read_frequencies(npz(tmp_path, FREQUENCIES[[0, 1, 0]]), {})
        assert found.attrs["input_warnings"] == "identical samples: 0 and 2"

    def test_unknown_units_and_quantities(self, tmp_path):
        path = text(tmp_path, "0.1\n0.2\n")
        assert refusal(path, {"units": "furlong"}).what == "unknown units"
        assert "eigenvalue" in refusal(path, {"quantity": "energy"}, error=CardError).expected
        assert refusal(path, {"columns": "all"}, error=CardError).got == "'all'"
        assert refusal(path, {"columns": ["mode", "omega"]}, error=CardError).expected == "1"


class TestUnequalSamples:
    """Text with samples of different numbers of modes, and with chains."""

    def read(self, tmp_path, content, card=None):
        return read_frequencies(text(tmp_path, content), card or {})

    def test_a_sample_per_line(self, tmp_path):
        found = self.read(tmp_path, "0.1 0.2 0.3\n0.1 0.25\n0.2 0.3 0.4 0.5\n")
        assert found["mode_count"].values.tolist() == [3, 2, 4]
        assert found["eigenfrequency"].values[2].tolist() == [0.2, 0.3, 0.4, 0.5]
        assert "taken for samples" in found.attrs["input_warnings"]

    @pytest.mark.parametrize("content", ["0.1,0.2\n0.3,\n", "0.1 0.2\n0.3 nan\n", "0.1;0.2\n0.3;NaN\n"])
    def test_columns_may_end_early(self, tmp_path, content):
        found = self.read(tmp_path, content)
        assert found["mode_count"].values.tolist() == [2, 1]
        assert found["eigenfrequency"].values[:, 0].tolist() == [0.1, 0.2]

    def test_chain_is_a_role_and_samples_count_within_it(self, tmp_path):
        table = "chain sample mode omega\n1 0 0 .3\n1 0 1 .4\n0 0 0 .1\n0 0 1 .2\n0 1 0 .1\n0 1 1 .3\n"
        found = self.read(tmp_path, table)
        assert found["chain"].values.tolist() == [0, 0, 1]
        assert found["eigenfrequency"].values.tolist() == [[0.1, 0.2], [0.1, 0.3], [0.3, 0.4]]
        bare = "0 7 .1\n0 7 .2\n3 8 .3\n3 8 .4\n"
        named = self.read(tmp_path, bare, {"columns": ["chain", "sample", "frequency"]})
        assert named["chain"].values.tolist() == [0, 3]
        error = refusal(text(tmp_path, bare), {"columns": ["chian", "sample", "frequency"]}, error=CardError)
        assert "did you mean 'chain'" in error.likely_cause

    def test_pooled_lists_are_named(self, tmp_path):
        error = refusal(text(tmp_path, "0.1\n0.2\n0.3\n0.05\n0.1\n0.6\n"))
        assert "a pooled list: 2 samples of 3 modes" in error.likely_cause
        rows = [np.sort(np.random.default_rng(seed).random(20 + seed)) for seed in range(5)]
        error = refusal(text(tmp_path, "\n".join(f"{value:.12f}" for value in np.concatenate(rows))))
        assert "a pooled list: about 5 samples" in error.likely_cause
        shuffled = np.random.default_rng(2).random(100)
        error = refusal(text(tmp_path, "\n".join(f"{value:.12f}" for value in shuffled)))
        assert "pooled" not in error.likely_cause

    def test_single_precision_is_named(self, tmp_path):
        np.save(tmp_path / "modes.npy", np.sort(np.random.default_rng(1).random((2, 9)), axis=1).astype(np.float32))
        found = read_frequencies(tmp_path / "modes.npy", {})
        assert found["eigenfrequency"].dtype == np.float64
        assert "single precision" in found.attrs["input_warnings"]


class TestText:
    """Tables that are none."""

    @pytest.mark.parametrize(
        ("content", "what", "where"),
        [
            ("0.1 0.2\n0.3\n", "the table is ragged", ", line 2"),
            ("0.2 0.1\n0.3 0.4 0.5\n", "the table is ragged", ", line 2"),
            ("0.1\n\n# c\n0.2x\n", "this is not a number", ", line 4, column 1"),
            (",0.2\n0.3,0.4\n", "this is not a finite number", ", line 1, column 1"),
            ("0.1 nan\n0.3 0.4\n", "this is not a finite number", ", line 1, column 2"),
            ("sample,omega\n0,0.1\n0,\n", "this is not a finite number", ", line 3, column 2"),
            ("0,1;0,2\n", "this is not a number", ", line 1, column 1"),
            ("0.1 (1+2j)\n", "this is not a number", ", line 1, column 2"),
            ("0.1 1_0\n", "this is not a finite number", ", line 1, column 2"),
            ("0.1\n1e999\n", "this is not a finite number", ", line 2, column 1"),
            (
                "sample mode omega\n0 0.5 1.0\n",
                "a sample, chain or mode number is not a whole number",
                ", line 2, column 2",
            ),
            ("sample mode omega\n0 0 0.1\n0 1 0.2\n0 1 0.3\n", "a mode occurs twice", ""),
            ("sample mode omega\n0 0 0.1\n0 2 0.3\n", "modes are missing", ", sample 0"),
            ("sample mode omega\n0 0 0.1\n1 1 0.3\n", "modes are missing", ", sample 1"),
            ("sample mode omega\n0 5 0.1\n0 6 0.3\n", "modes are missing", ", sample 0"),
            ("sample,sample,omega\n0,0,0.1\n", "more than one column is named as sample", ""),
            ("omega,eigenvalue\n0.1,0.2\n", "the table has frequencies and eigenvalues", ""),
            ("sample,participation\n0,0.2\n", "no column is named as the frequency", ""),
            ("a,b\n0.1,0.2,0.3\n", "the header does not fit the table", ""),
            ("mode\n0.1\n", "no column holds a spectrum", ""),
            ("0 0.1\n1 0.2\n", "a column holds whole numbers only: an index, or frequencies?", ""),
            ("# nothing\n\n", "the file holds no numbers", ""),
            ("a b c\n", "the file holds no numbers", ""),
            (b"\xff\xfe0\x001\x00", "the file is in an unknown binary format", ""),
            (b"0.1\n\xe9\n", "the file is neither text nor a known binary format", ""),
            (b"\x7fELF" + bytes(100), "the file is in an unknown binary format", ""),
            (b"", "the file is empty", ""),
        ],
    )
    def test_refused(self, tmp_path, content, what, where):
        path = text(tmp_path, content)
        error = refusal(path)
        assert error.what == what
        assert error.where == f"{path}{where}"

    def test_both_lines_of_a_duplicate_are_named(self, tmp_path):
        error = refusal(text(tmp_path, "sample mode omega\n0 1 0.2\n0 0 0.1\n0 1 0.3\n"))
        assert error.got == "sample 0, mode 1 on lines 2 and 4"

    def test_hints_about_foreign_habits(self, tmp_path):
        for content in ("0,1;0,2\n", "0,1 0,2\n"):
            assert "decimal comma" in refusal(text(tmp_path, content)).likely_cause
        assert "complex" in refusal(text(tmp_path, "0.1+2j\n")).likely_cause

    @staticmethod
    def read_or_refuse(folder, content):
        path = folder / "x"
        path.write_bytes(content)
        try:
            found = read_frequencies(path, {})
        except ForeignInputError:
            return
        validate(found)

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=120))
    def test_whatever_the_bytes_it_is_a_dataset_or_a_clear_error(self, tmp_path_factory, content):
        self.read_or_refuse(tmp_path_factory.mktemp("bytes"), content)

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="0123456789.,;-+eE# \t\nnaisjomega_", max_size=80))
    def test_whatever_the_text_it_is_a_dataset_or_a_clear_error(self, tmp_path_factory, content):
        self.read_or_refuse(tmp_path_factory.mktemp("text"), content.encode())


class TestArchives:
    """Archives made to harm."""

    @staticmethod
    def header(shape, descr="'<f8'"):
        text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text

    @staticmethod
    def archive(tmp_path, members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "x.npz"
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, content in members:
                file.writestr(name, content)
        return path

    def test_pickles_are_refused(self, tmp_path):
        path = tmp_path / "x.npz"
        np.savez(path, np.array([np.zeros(2), np.zeros(3)], dtype=object))
        error = refusal(path)
        assert "Python objects" in error.what
        assert "refused" in error.done

    @pytest.mark.parametrize("shape", ["(1000000000000,)", "(3, 100000)", "(1,)"])
    def test_a_header_that_declares_other_sizes(self, tmp_path, shape):
        error = refusal(self.archive(tmp_path, [("a.npy", self.header(shape) + bytes(80))]))
        assert error.what == "the header of the array does not fit its data"
        assert error.got == "80 bytes"

    @pytest.mark.parametrize("shape", ["(-1,)", "'x'", "(2.5,)", "[2]", "(True,)"])
    def test_a_header_that_is_none(self, tmp_path, shape):
        refusal(self.archive(tmp_path, [("a.npy", self.header(shape) + bytes(16))]))

    @pytest.mark.parametrize(
        "content", [b"", b"no array", b"\x93NUMPY\x09\x00" + bytes(50), b"\x93NUMPY\x01\x00\xff\xff"]
    )
    def test_members_that_are_no_arrays(self, tmp_path, content):
        assert refusal(self.archive(tmp_path, [("a.npy", content)])).what == "not a NumPy array"

    @pytest.mark.parametrize("name", ["../a.npy", "/etc/a.npy", "a/../../b.npy", "..\\a.npy", "c:a.npy"])
    def test_unsafe_names(self, tmp_path, name):
        error = refusal(self.archive(tmp_path, [(name, self.header("(1,)") + bytes(8))]))
        assert error.what == "an archive member has an unsafe name"

    def test_two_members_of_one_name(self, tmp_path):
        content = self.header("(1,)") + bytes(8)
        assert "same name" in refusal(self.archive(tmp_path, [("a.npy", content), ("a", content)])).what

    def test_an_odd_compression(self, tmp_path):
        path = self.archive(tmp_path, [("a.npy", self.header("(1,)") + bytes(8))], zipfile.ZIP_BZIP2)
        assert "unsupported method" in refusal(path).what

    def test_a_bomb(self, tmp_path, monkeypatch):
        monkeypatch.setattr("bosonpeak.datasets.adapters.files.numpy_archive.MAXIMUM_BYTES", 10_000)
        path = self.archive(tmp_path, [("a.npy", self.header("(100000,)") + bytes(800_000))])
        assert path.stat().st_size < 2000
        error = refusal(path)
        assert error.what == "the archive unpacks to too much"
        assert error.got == "800,128 bytes"
        assert error.done == "nothing was unpacked"

    def test_a_forged_size_in_the_directory(self, tmp_path):
        path = self.archive(tmp_path, [("a.npy", self.header("(1000,)") + bytes(range(250)) * 32)])
        content = bytearray(path.read_bytes())
        position = content.rindex(b"PK\x01\x02")
        content[position + 24 : position + 28] = struct.pack("<I", 500_000_000)
        path.write_bytes(content)
        assert "impossible compression" in refusal(path).what

    def test_damage(self, tmp_path):
        path = npz(tmp_path, np.random.default_rng(0).random((3, 50)))
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        assert refusal(path).what == "the .npz archive is damaged"
        path.write_bytes(whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
        assert refusal(path).what == "the .npz archive is damaged"

    @pytest.mark.parametrize(
        ("array", "hint"),
        [
            (np.array([1 + 2j]), "complex"),
            (np.array(["0.1"]), "text"),
            (np.array([True]), "true or false"),
            (np.zeros(2, dtype=[("a", "f8")]), "record"),
            (np.array(["2026-01-01"], dtype="M8[D]"), "not numbers"),
        ],
    )
    def test_arrays_that_are_no_numbers(self, tmp_path, array, hint):
        assert hint in refusal(npz(tmp_path, omega=array)).got

    @pytest.mark.parametrize(
        ("arrays", "what"),
        [
            ({"a": np.zeros((2, 2)), "b": np.zeros((2, 2))}, "the array of eigenfrequencies is ambiguous"),
            ({"omega": np.zeros(2), "eigenvalues": np.zeros(2)}, "more than one array could hold the spectrum"),
            ({"omega": np.zeros((2, 2, 2))}, "the array has the wrong shape"),
            ({"omega": np.zeros((0, 4))}, "the array has the wrong shape"),
            ({"a": np.zeros(0), "b": np.ones(2)}, "a sample has no modes"),
        ],
    )
    def test_arrays_that_cannot_be_told_apart(self, tmp_path, arrays, what):
        assert refusal(npz(tmp_path, **arrays)).what == what


class TestFiles:
    """Paths, sizes, and the way out."""

    def test_what_is_no_file(self, tmp_path):
        assert refusal(tmp_path).what == "the folder holds no data"
        assert "does not exist" in refusal(tmp_path / "none").what

    def test_too_large_a_file(self, tmp_path, monkeypatch):
        monkeypatch.setattr("bosonpeak.datasets.adapters.files.foreign_file.MAXIMUM_BYTES", 5)
        assert refusal(text(tmp_path, "0.1\n0.2\n")).what == "the file is too large"

    def test_convert(self, tmp_path):
        digest = convert(npz(tmp_path, FREQUENCIES), tmp_path / "out.nc", {"title": "Mine"})
        found = read(tmp_path / "out.nc", verify=True)
        assert found.attrs["content_digest"] == digest
        np.testing.assert_array_equal(found["eigenfrequency"].values, FREQUENCIES)
        with pytest.raises(StoreError):
            convert(npz(tmp_path, FREQUENCIES), tmp_path)

    def test_a_name_that_is_not_unicode(self, tmp_path):
        path = tmp_path / "w\udcff.txt"
        try:
            path.write_text("0.1\n0.2\n")
        except OSError:
            pytest.skip("the file system takes Unicode names only")
        convert(path, tmp_path / "out.nc")
        assert read(tmp_path / "out.nc").attrs["source_file"] == "w?.txt"
