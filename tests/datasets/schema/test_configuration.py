"""Configurations as labelled data: from any file, from folders, through the store and back."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import convert, describe, open_dataset, read, read_frequencies, validate, write
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.readers import read_configuration_dataset, read_configurations
from bosonpeak.datasets.errors import CardError, ForeignInputError, SchemaError, StoreError

FOREIGN = Path(__file__).parents[1] / "foreign_files"
DATA = (FOREIGN / "lammps-atomic.data").read_text()
DUMP = (FOREIGN / "lammps-absolute.dump").read_text()


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def spectrum(shift=0.0, modes=40):
    return "".join(f"{0.1 * k + shift!r}\n" for k in range(1, modes + 1))


def scrambled(seed, count=12, box=4.0, units="lj"):
    """A data file as LAMMPS writes it, of particles placed anywhere."""
    rng = np.random.default_rng(seed)
    lines = [f"LAMMPS data file via write_data, version X, timestep = 0, units = {units}", "", f"{count} atoms"]
    lines += ["2 atom types", "", *(f"0 {box!r} {axis}lo {axis}hi" for axis in "xyz"), "", "Atoms # atomic", ""]
    for index, position in enumerate(rng.random((count, 3)).tolist(), start=1):
        lines.append(f"{index} {1 + index % 2} " + " ".join(repr(box * x) for x in position))
    return "\n".join(lines) + "\n"


class TestSchema:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda d: d["position"].values.__setitem__((0, 1, 0), 2.5), "position: outside the box"),
            (lambda d: d["position"].values.__setitem__((0, 1, 0), np.nan), "position: not a finite number"),
            (lambda d: d["box"].values.__setitem__((1, 1), 0.0), "box: not above zero"),
            (lambda d: d["species"].values.__setitem__((0, 0), 2), "species: a code without a label"),
            (lambda d: d["species"].values.__setitem__((0, 0), -1), "species: negative"),
            (lambda d: d["diameter"].values.__setitem__((0, 0), -1.0), "diameter: not above zero"),
            (lambda d: d["mass"].values.__setitem__((0, 0), np.inf), "mass: not a finite number"),
            (lambda d: d.attrs.__setitem__("particles", 6), "position: not as many particles"),
            (lambda d: d.attrs.__setitem__("dimension", 3), "position: not as many axes"),
            (lambda d: d["species"].attrs.pop("labels"), "species: a code without a label"),
        ],
    )
    def test_what_cannot_be_a_configuration(self, configuration, change, sentence):
        change(configuration)
        with pytest.raises(SchemaError) as caught:
            validate(configuration)
        assert any(line.startswith(sentence) for line in caught.value.violations)

    @pytest.mark.parametrize("name", ["x.nc", "x.zarr"])
    def test_round_trip(self, configuration, tmp_path, name):
        if name.endswith("zarr"):
            pytest.importorskip("zarr")
        write(configuration, tmp_path / name)
        found = read_configuration_dataset(tmp_path / name)
        xr.testing.assert_equal(found, configuration)
        assert found["species"].attrs["labels"] == "A B"
        assert open_dataset(tmp_path / name).attrs["kind"] == "configuration"

    @pytest.mark.parametrize("name", ["x.nc", "x.zarr"])
    def test_what_is_larger_than_asked_for_is_not_loaded(self, configuration, tmp_path, name):
        if name.endswith("zarr"):
            pytest.importorskip("zarr")
        write(configuration, tmp_path / name)
        numbers = sum(variable.nbytes for variable in configuration.variables.values() if variable.dtype.kind != "O")
        texts = configuration.sizes["axis"]
        xr.testing.assert_equal(read(tmp_path / name, largest=numbers + 16 * texts), configuration)
        with pytest.raises(StoreError, match="bytes of arrays"):
            read(tmp_path / name, largest=numbers)


class TestOneFile:
    @pytest.mark.parametrize(
        ("name", "card"),
        [
            ("lammps-atomic.data", {}),
            ("lammps-scaled.dump", {}),
            ("lammps-sphere-2d.data", {}),
            ("lammps-radius-2d.dump", {"sizes": "radii"}),
            ("ase-configuration.xyz", {"sizes": "diameters"}),
        ],
    )
    def test_convert_keeps_every_bit(self, tmp_path, name, card):
        frames = read_configurations(FOREIGN / name, card)
        digest = convert(FOREIGN / name, tmp_path / "out.nc", card)
        found = open_dataset(tmp_path / "out.nc")
        assert found.attrs["content_digest"] == digest
        assert found.sizes["sample"] == len(frames)
        for sample, frame in enumerate(frames):
            one = found.isel(sample=sample)
            np.testing.assert_array_equal(one["position"], frame.positions)
            np.testing.assert_array_equal(one["box"], frame.box)
            labels = one["species"].attrs["labels"].split()
            assert tuple(labels[code] for code in one["species"].values) == frame.species
            for variable, values in (("diameter", frame.diameters), ("mass", frame.masses)):
                assert (variable in found) == (values is not None)
                if values is not None:
                    np.testing.assert_array_equal(one[variable], values)
        assert found.attrs["source_file"] == name
        assert str(FOREIGN) not in str(found.attrs)

    def test_units_are_those_of_the_style(self):
        found = read_configuration_dataset(FOREIGN / "lammps-atomic.data")
        assert found["position"].attrs["units"] == found["box"].attrs["units"] == "angstrom"
        assert found["mass"].attrs["units"] == "u"
        assert "unit style real" in found.attrs["input_warnings"]
        with pytest.raises(CardError, match="unit of length"):
            read_configuration_dataset(FOREIGN / "lammps-atomic.data", {"length_units": "nm"})
        with pytest.raises(CardError, match="unit of length"):
            read_configuration_dataset(FOREIGN / "lammps-absolute.dump", {"length_units": "furlong"})
        found = read_configuration_dataset(FOREIGN / "lammps-absolute.dump", {"length_units": "sigma"})
        assert found["box"].attrs["units"] == "sigma"

    def test_frames_of_different_length(self, tmp_path):
        longer = DUMP.replace("\n12\n", "\n13\n", 1) + "13 1 0.5 0.5 0.5\n"
        with pytest.raises(ForeignInputError, match="differ in the number of particles") as caught:
            read_configuration_dataset(put(tmp_path, "two.dump", DUMP + longer))
        assert (
            caught.value.got == "12 particles in two.dump, configuration 0, 13 particles in two.dump, configuration 1"
        )

    def test_every_frame_is_a_sample(self, tmp_path):
        found = read_configuration_dataset(put(tmp_path, "three.dump", DUMP * 3))
        assert found.sizes["sample"] == 3
        np.testing.assert_array_equal(found["position"][0], found["position"][2])

    def test_file_without_configuration(self, tmp_path, glass):
        with pytest.raises(ForeignInputError, match="no configuration in a known format"):
            read_configuration_dataset(put(tmp_path, "x", "0.1\n0.2\n"))
        write(glass, tmp_path / "glass.nc")
        with pytest.raises(ForeignInputError, match="no configurations found") as caught:
            read_configuration_dataset(tmp_path / "glass.nc")
        assert caught.value.got == "a dataset of kind glass-ensemble"
        with pytest.raises(ForeignInputError, match="configurations, not a spectrum"):
            read_frequencies(FOREIGN / "lammps-atomic.data", {})


class TestFolders:
    def test_configurations_in_natural_order(self, tmp_path):
        for seed in (10, 9, 1):
            put(tmp_path, f"glass-{seed}.data", scrambled(seed))
        put(tmp_path, "README.md", "words")
        put(tmp_path, ".hidden", "words")
        put(tmp_path, "log.lammps", "words")
        found = read_configuration_dataset(tmp_path)
        assert found.sizes["sample"] == 3
        for sample, seed in enumerate((1, 9, 10)):
            (frame,) = read_configurations(tmp_path / f"glass-{seed}.data")
            np.testing.assert_array_equal(found["position"][sample], frame.positions)
        assert found["position"].attrs["units"] == "sigma"
        assert describe_kind(tmp_path, found) == "configuration"
        assert found.attrs["source_file"] == tmp_path.name

    def test_spectra_of_one_sample_a_file_are_those_of_one_file(self, tmp_path):
        rows = np.sort(np.random.default_rng(0).random((11, 50)), axis=1)
        for index, row in enumerate(rows):
            put(tmp_path, f"s{index}.txt", "".join(f"{value!r}\n" for value in row.tolist()))
        found = read_frequencies(tmp_path, {"units": "sqrt(t0/m)"})
        np.testing.assert_array_equal(found["eigenfrequency"], rows)
        assert found["eigenfrequency"].attrs["units"] == "sqrt(t0/m)"
        assert found.attrs["source_layout"] == "11 files, text, one sample per column (1 columns)"
        assert len(found.attrs["source_sha256"]) == 64

    def test_the_digest_is_that_of_sha256sum(self, tmp_path):
        for index in range(3):
            put(tmp_path, f"s{index}.txt", spectrum())
        before = read_frequencies(tmp_path, {}).attrs["source_sha256"]
        put(tmp_path, "s1.txt", spectrum(0.01))
        assert read_frequencies(tmp_path, {}).attrs["source_sha256"] != before

    def test_both_belong_together(self, tmp_path):
        for seed in (1, 2):
            put(tmp_path, f"glass-{seed}.data", scrambled(seed))
            put(tmp_path, f"glass-{seed}.spectrum", spectrum(0.01 * seed))
        contents = read_folder(tmp_path, {})
        assert contents.spectra.sizes["sample"] == contents.configurations.sizes["sample"] == 2
        for content, kind in (("spectrum", "mode-ensemble"), ("configuration", "configuration")):
            convert(tmp_path, tmp_path.parent / "out.nc", {"content": content})
            assert read(tmp_path.parent / "out.nc").attrs["kind"] == kind
        with pytest.raises(CardError, match="spectra and configurations"):
            convert(tmp_path, tmp_path.parent / "out.nc")
        put(tmp_path, "glass-3.spectrum", spectrum())
        with pytest.raises(ForeignInputError, match="numbers of spectra") as caught:
            read_folder(tmp_path, {})
        assert caught.value.got == "3 spectra and 2 configurations"
        assert read_folder(tmp_path, {}, leave_out=("glass-3.spectrum",)).spectra.sizes["sample"] == 2

    def test_a_file_of_this_package_may_hold_either(self, tmp_path, make_modes, configuration):
        write(make_modes(2), tmp_path / "modes.nc")
        write(configuration, tmp_path / "configurations.nc")
        contents = read_folder(tmp_path, {})
        xr.testing.assert_equal(contents.spectra, make_modes(2))
        xr.testing.assert_equal(contents.configurations, configuration)
        write(configuration, tmp_path / "more.nc")
        with pytest.raises(ForeignInputError, match="is mixed with other data"):
            read_folder(tmp_path, {})

    def test_several_files_of_modes_are_joined(self, tmp_path, make_modes):
        for seed in range(3):
            write(make_modes(2, 40, seed), tmp_path / f"{seed}.nc")
        found = read_frequencies(tmp_path, {})
        expected = np.concatenate([make_modes(2, 40, seed)["eigenfrequency"] for seed in range(3)])
        np.testing.assert_array_equal(found["eigenfrequency"], expected)
        assert found["eigenfrequency"].attrs["units"] == "sqrt(t0/m)"

    @pytest.mark.parametrize(
        ("first", "second", "what"),
        [
            (scrambled(1), scrambled(2, count=14), "differ in the number of particles"),
            (scrambled(1), scrambled(2, units="metal"), "in different units"),
            (scrambled(1), scrambled(2, box=40.0), "in different units, or of different"),
            (spectrum(), spectrum(modes=41), "spectra of different length"),
            (spectrum(), "omega\n" + spectrum(), "different quantities"),
            (
                spectrum(),
                "".join(f"{0.1 * k / 6.2832!r}\n" for k in range(1, 41)),
                "in different units, or of different",
            ),
        ],
    )
    def test_what_is_not_one_ensemble(self, tmp_path, first, second, what):
        put(tmp_path, "first.any", first)
        put(tmp_path, "second.any", second)
        with pytest.raises(ForeignInputError, match=what) as caught:
            read_folder(tmp_path, {})
        assert "first.any" in caught.value.got
        assert "second.any" in caught.value.got

    def test_notes_of_many_files_are_told_once(self, tmp_path):
        for seed in range(30):
            put(tmp_path, f"{seed}.data", scrambled(seed))
        warnings = read_configuration_dataset(tmp_path).attrs["input_warnings"].splitlines()
        assert "unit style lj (0.data, configuration 0 and 29 other files)" in warnings
        assert len(warnings) <= 21

    def test_links_and_folders_are_not_followed(self, tmp_path):
        folder = tmp_path / "run"
        folder.mkdir()
        put(folder, "s.txt", spectrum())
        (folder / "t.txt").symlink_to(folder / "s.txt")
        with pytest.raises(ForeignInputError, match="not a file") as caught:
            read_frequencies(folder, {})
        assert caught.value.got == "t.txt, a link"
        (folder / "t.txt").unlink()
        (folder / "deeper").mkdir()
        with pytest.raises(ForeignInputError, match="not a file"):
            read_frequencies(folder, {})
        assert read_folder(folder, {}, leave_out=("deeper",)).spectra.sizes["sample"] == 1

    def test_an_archive_of_a_folder(self, tmp_path):
        folder = tmp_path / "run"
        folder.mkdir()
        for seed in (1, 2):
            put(folder, f"glass-{seed}.data", scrambled(seed))
        digest = convert(folder, tmp_path / "b.nc")
        for base in (".", "run"):
            root = folder if base == "." else tmp_path
            archive = shutil.make_archive(str(tmp_path / "packed"), "gztar", root, base)
            assert convert(archive, tmp_path / "a.nc") == digest


class TestOutput:
    def test_the_input_is_never_overwritten(self, tmp_path):
        path = put(tmp_path, "s.txt", spectrum())
        for output in (path, tmp_path / "." / "s.txt"):
            with pytest.raises(ForeignInputError, match="overwrite the input"):
                convert(path, output)
        with pytest.raises(ForeignInputError, match="be inside the input"):
            convert(tmp_path, tmp_path / "out.nc")
        assert path.read_text() == spectrum()

    def test_a_refused_conversion_leaves_the_output_alone(self, tmp_path):
        output = put(tmp_path, "out.nc", "precious")
        with pytest.raises(ForeignInputError):
            convert(put(tmp_path, "x", "0.1\n-3\n"), output)
        with pytest.raises(StoreError):
            convert(put(tmp_path, "x", "0.1\n0.2\n"), tmp_path / "nowhere" / "out.nc")
        assert output.read_text() == "precious"

    def test_cards_with_unknown_keys(self, tmp_path):
        path = put(tmp_path, "x", spectrum())
        with pytest.raises(CardError, match="did you mean 'quantity'"):
            convert(path, tmp_path / "out.nc", {"quantitty": "eigenvalue", "units": 3})
        convert(path, tmp_path / "out.nc", {"system": "spring-network", "code": {"name": "mine"}})


def describe_kind(folder, dataset):
    write(dataset, folder.parent / "kind.nc")
    return describe(folder.parent / "kind.nc").groups[0].kind
