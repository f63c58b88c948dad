"""Reading of a run: its ensembles as labelled datasets, from files of any supported format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.cards.card import ANY_GLASS, ONE_FILE_ONE_CHAIN, REDUCED_UNITS, Card, EnsembleCard
from bosonpeak.benchmark.submission.reference_ensembles import Regime, regime_of
from bosonpeak.benchmark.submission.run_files import (
    laid_out,
    names_inside,
    place_in_run,
    pooled_cause,
    read_sample_variables,
)
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.folders import FolderContents, read_folder
from bosonpeak.datasets.adapters.format_detection import CONFIGURATION, Configurations, Own, is_folder, recognised
from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.subsets import rows_of

Say = Callable[[str], None]

LOWEST_HIGHEST, HIGHEST = 1e-3, 1e3
"""Range of the highest frequency of a sample, in reduced units."""

_NETWORK_ATTRIBUTES = ("lattice_size", "situation", "displacement")
_GLASS_ATTRIBUTES = ("system", "dimension", "particles", "density", "parent_temperature", "cutoff", "truncation")


NO_CUBES = "the boxes are not cubes: their phonons have other frequencies than the reference data"

_CUBIC = 1e-6
"""Relative difference of box lengths that single precision leaves."""


@dataclass(frozen=True)
class Submitted:
    """An ensemble of a submission."""

    card: EnsembleCard
    regime: Regime | None  # reference ensemble of equal parameters, or None
    dataset: xr.Dataset  # a row per sample, glasses in the layout of the reference data
    configurations: xr.Dataset | None = None  # kind ``configuration``, with ``sample_index``
    stated: Mapping[str, FloatArray] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Name of the ensemble in a report."""
        return self.card.path or self.card.cell

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.dataset.sizes["sample"])

    @property
    def is_in_cubes(self) -> bool:
        """Test whether all known boxes are cubes (or squares), as in the reference data."""
        return self.configurations is None or _are_cubes(self.configurations)

    @property
    def has_spectra(self) -> bool:
        """Test whether eigenfrequencies were submitted."""
        return "eigenfrequency" in self.dataset

    @property
    def has_complete_spectra(self) -> bool:
        """Test whether every sample has all its modes."""
        if self.card.is_network:
            return self.has_spectra and "mode_count" not in self.dataset
        return self.dataset.sizes.get("full_sample", 0) == self.samples


def read_run(
    root: Path, card: Card, *, others: Sequence[Path] = (), say: Say = lambda text: None, decoder: Decoder = IN_PLACE
) -> tuple[Submitted, ...]:
    """Read every ensemble named by a card, in the order of the card; ``others`` are files of the run without data."""
    if root.is_file() and len(card.ensembles) > 1:
        raise ForeignInputError(
            "the card is of several ensembles, and the run is one file", expected="a folder", where=str(root)
        )
    found = []
    for number, ensemble in enumerate(card.ensembles, start=1):
        say(f"reading ensemble {number} of {len(card.ensembles)}: {ensemble.path or root.name}")
        elsewhere = [*others, *files_beside(root, card, ensemble)]
        found.append(read_ensemble(root, ensemble, others=elsewhere, decoder=decoder))
    return tuple(found)


def read_ensemble(
    root: Path, card: EnsembleCard, *, others: Sequence[Path] = (), decoder: Decoder = IN_PLACE
) -> Submitted:
    """Read a single ensemble; parameters and errors as of `read_run`."""
    place = root if root.is_file() else place_in_run(root, card.path)
    contents = _contents(place, card, others, decoder)
    if contents.configurations is None:
        assert contents.spectra is not None
        dataset, configurations = _of_dataset(contents.spectra, card, place)
    else:
        configurations = _numbered(contents.configurations)
        dataset = _beside_configurations(contents.spectra, configurations, card, place)
    samples = int(dataset.sizes["sample"])
    _require_as_many_as_were_made(samples, card)
    dataset = dataset.assign(read_sample_variables(root, card, samples, decoder)).assign_attrs(_attributes(card))
    stated = {str(name): array.values for name, array in dataset.data_vars.items() if array.dims == ("sample",)}
    is_regular = configurations is None or _are_cubes(configurations)
    return Submitted(card, regime_of(card) if is_regular else None, dataset, configurations, stated)


def _are_cubes(configurations: xr.Dataset) -> bool:
    box = configurations["box"].values
    return "box_tilt" not in configurations and bool(np.allclose(box, box[:, :1], rtol=_CUBIC, atol=0.0))


def _contents(place: Path, card: EnsembleCard, others: Sequence[Path], decoder: Decoder) -> FolderContents:
    if is_folder(place):
        return read_folder(place, card.for_reader, leave_out=names_inside(place, others), decoder=decoder)
    found = recognised(place, card.for_reader, decoder)
    if isinstance(found, Own):
        placed = found.kind == CONFIGURATION
        return FolderContents(None, found.dataset) if placed else FolderContents(found.with_frequencies(), None)
    labelled = found.labelled()
    return FolderContents(None, labelled) if isinstance(found, Configurations) else FolderContents(labelled, None)


def files_beside(root: Path, card: Card, ensemble: EnsembleCard) -> list[Path]:
    """Files and folders of a run that hold neither spectra nor configurations of an ensemble."""
    names = [card.conformance, card.provenance.get("input", "")]
    names += [path for each in card.ensembles for path in each.variables.values()]
    names += [other.path for other in card.ensembles if other is not ensemble]
    return [root / name for name in names if name]


def _require_as_many_as_were_made(samples: int, card: EnsembleCard) -> None:
    if card.samples_made is not None and samples > card.samples_made:
        raise ForeignInputError(
            "there are more samples than were made",
            expected=f"at most samples_made = {card.samples_made}",
            got=f"{samples} samples",
            where=card.path,
        )


def _of_dataset(dataset: xr.Dataset, card: EnsembleCard, place: Path) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Split a foreign or own dataset into spectra and the configurations that the dataset holds, if any."""
    kind = dataset.attrs["kind"]
    _require_the_card(dataset, card, place)
    if kind == "glass-ensemble" and not card.is_network:
        return dataset, stored_configurations(dataset)
    if kind != "mode-ensemble" and (kind != "network-ensemble" or not card.is_network):
        raise ForeignInputError(
            f"a dataset of this kind is not an ensemble of {card.system}", got=f"kind {kind}", where=str(place)
        )
    return _of_spectra(dataset, card, place), None


def _of_spectra(spectra: xr.Dataset, card: EnsembleCard, place: Path) -> xr.Dataset:
    if "eigenfrequency" in spectra:
        _require_vibrations(spectra["eigenfrequency"].values, place, in_any_unit=card.system == ANY_GLASS)
    if card.is_network:
        _require_a_mode_for_each_node(spectra, card, place)
        return spectra.assign(_chains(spectra, card))
    if card.system != ANY_GLASS:
        _require_reduced_units(spectra, place)
    return laid_out(spectra, card).assign(_chains(spectra, card))


def _require_reduced_units(spectra: xr.Dataset, place: Path) -> None:
    units = str(spectra["eigenfrequency"].attrs.get("units", "1"))
    if units not in REDUCED_UNITS:
        raise ForeignInputError(
            "the frequencies are not in reduced units",
            expected=" or ".join(REDUCED_UNITS),
            got=units,
            where=str(place),
            likely_cause="a code that ran in other units than those of the potential",
        )


def _require_vibrations(rows: FloatArray, place: Path, *, in_any_unit: bool) -> None:
    listed = np.isfinite(rows).any(axis=1)
    highest = np.nanmax(rows, axis=1, initial=0.0)
    still = listed & ~(highest > 0.0)
    if still.any():
        raise ForeignInputError(
            "there is a sample without any frequency above zero",
            got=f"sample {int(np.argmax(still))}",
            where=str(place),
        )
    # Outside this range no window of any claim has modes, and figure axes would grow without bound.
    outside = ((highest < LOWEST_HIGHEST) | (highest > HIGHEST)) & (listed & (not in_any_unit))
    if outside.any():
        sample = int(np.argmax(outside))
        raise ForeignInputError(
            "the frequencies lie far outside of what these systems have in reduced units",
            expected=f"the highest of each sample between {LOWEST_HIGHEST:g} and {HIGHEST:g}",
            got=f"{highest[sample]:g} in sample {sample}",
            where=str(place),
            likely_cause="other units than those of the potential, or eigenvalues given as frequencies",
        )


def _require_a_mode_for_each_node(spectra: xr.Dataset, card: EnsembleCard, place: Path) -> None:
    nodes = card.parameters["nodes"]
    found = spectra.sizes.get("mode", nodes)
    if found != nodes:
        raise ForeignInputError(
            "the card and the data disagree on the number of modes",
            expected=f"{nodes} eigenfrequencies per sample, one for each node (zero modes included)",
            got=f"{found} eigenfrequencies per sample",
            where=str(place),
            likely_cause=pooled_cause((spectra.sizes["sample"], found), nodes)
            or "zero modes dropped, only part of the spectrum, or samples along rows instead of columns",
        )


def _beside_configurations(
    spectra: xr.Dataset | None, configurations: xr.Dataset, card: EnsembleCard, place: Path
) -> xr.Dataset:
    """Dataset that accompanies configurations: the submitted spectra, or only sample labels."""
    if card.is_network:
        raise ForeignInputError("spring networks are scored by their spectra", got="configurations", where=str(place))
    count = configurations.sizes["sample"]
    if spectra is None:
        empty = xr.Dataset(_chains(configurations, card), attrs=configurations.attrs)
        return empty if "sample" in empty.sizes else empty.assign_coords(sample=np.arange(count))
    if spectra.sizes["sample"] != count:
        raise ForeignInputError(
            "there are not as many configurations as spectra",
            expected=f"{spectra.sizes['sample']}, one for each spectrum, in the same order",
            got=str(count),
            where=str(place),
        )
    return _of_spectra(spectra, card, place)


def _numbered(configurations: xr.Dataset) -> xr.Dataset:
    index = np.arange(configurations.sizes["sample"], dtype=np.int32)
    return configurations.assign(sample_index=("sample", index))


def stored_configurations(stored: xr.Dataset) -> xr.Dataset | None:
    """Configurations stored in a glass ensemble for some of its samples, as kind ``configuration``; None if absent."""
    if "configuration" not in stored.dims or not {"position", "diameter", "box"} <= set(stored.variables):
        return None
    count = stored.sizes["configuration"]
    box = np.broadcast_to(stored["box"].values, (count, stored.sizes["axis"]))
    return xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), stored["position"].values),
            "diameter": (("sample", "particle"), stored["diameter"].values),
            "box": (("sample", "axis"), box),
            "sample_index": ("sample", rows_of(stored, "configuration")),
        },
        attrs={"particles": stored.attrs["particles"], "dimension": stored.attrs["dimension"]},
    )


def _chains(data: xr.Dataset, card: EnsembleCard) -> dict[str, Any]:
    """Label of the independent run of each sample, from the data or the card; empty if unknown."""
    if "chain" in data:
        return {"chain": ("sample", data["chain"].values)}
    count = data.sizes["sample"]
    labels: IndexArray | None = None
    if card.chain == ONE_FILE_ONE_CHAIN:
        labels = np.arange(count, dtype=np.int32)
    elif card.independent_chains is not None:
        if card.independent_chains > count:
            raise ForeignInputError(
                "there are fewer samples than the card has independent chains",
                expected=f"at least {card.independent_chains}",
                got=str(count),
                where=card.path,
            )
        labels = (np.arange(count) * card.independent_chains // count).astype(np.int32)
    return {} if labels is None else {"chain": ("sample", labels, {"units": "1"})}


def _require_the_card(stored: xr.Dataset, card: EnsembleCard, file: Path) -> None:
    """Reject a dataset of this package whose attributes contradict the card."""
    names = _NETWORK_ATTRIBUTES if card.is_network else (*_GLASS_ATTRIBUTES, "taper")
    on_card = _attributes(card)
    different = [
        f"{name} = {stored.attrs[name]} in the data, {on_card[name]} on the card"
        for name in names
        if name in stored.attrs and name in on_card and not _same(stored.attrs[name], on_card[name])
    ]
    if different:
        raise ForeignInputError(
            "the card and the data contradict each other", got="; ".join(different), where=str(file)
        )


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        return str(first) == str(second)
    return bool(np.isclose(float(first), float(second), rtol=1e-9))


def _attributes(card: EnsembleCard) -> Mapping[str, Any]:
    """Attributes by which the reference data describe an ensemble, taken from the card."""
    from bosonpeak.benchmark.submission.card_potential import recorded_parameters

    if card.is_network:
        return {
            "lattice_size": card.lattice_size,
            "degrees_of_freedom": card.degrees_of_freedom,
            "displacement": card.parameters["displacement"],
            "situation": card.parameters["situation"],
        }
    return {
        "system": card.system,
        "dimension": card.dimension,
        "degrees_of_freedom": card.degrees_of_freedom - card.dimension,
        **recorded_parameters(card),
    }
