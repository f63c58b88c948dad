"""Inputs of the estimators: datasets with the required variables, and mode lists of one or several box sizes.

Mode lists carry the phonon scale, the chain labels and the number of particles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import doubles
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError

Ensemble = xr.Dataset | xr.DataTree | str
"""An ensemble: a dataset, a tree with one ensemble, or a name such as ``"glass/taper-2/T-0.20"``."""

Ensembles = Ensemble | ArrayLike | Sequence[Ensemble] | Sequence[ArrayLike]
"""Ensembles of one or more sizes: an ensemble, an array (samples, modes), a tree, or a sequence of these."""

PerSize = ArrayLike | Sequence[ArrayLike]
"""Values for each size; for a single ensemble or array the values themselves."""

_NOT_A_SIZE = ("situation", "displacement", "taper", "truncation", "parent_temperature", "dimension", "density")
"""Parameters that ensembles of several sizes have in common."""

ZERO_BELOW = 1e-5
"""Frequencies below this fraction of the highest count as zero: an eigenvalue's round-off is 1e-13 of the largest, and
the lowest phonon of any network worth storing lies orders of magnitude above its square root."""


def one_ensemble(data: Ensemble) -> xr.Dataset:
    """One ensemble from a dataset, a tree with a single dataset, or a registered name; else NotApplicableError."""
    data = _opened(data)
    if isinstance(data, xr.DataTree):
        data = _only_leaf(data)
    if isinstance(data, xr.Dataset):
        return data
    raise NotApplicableError(
        "this is not an ensemble",
        expected="a dataset (xarray), a tree with one ensemble, or a name",
        got=f"{type(data).__name__} of shape {np.shape(data)}" if np.ndim(data) else type(data).__name__,
        likely_cause="plain arrays, where this measure needs several quantities of a dataset",
    )


def ensemble_or_array(data: Ensemble | ArrayLike) -> xr.Dataset | FloatArray:
    """Return an ensemble as `one_ensemble` does, or an array of numbers; NotApplicableError for text or a scalar."""
    if isinstance(data, xr.Dataset | xr.DataTree | str):
        return one_ensemble(data)
    array = doubles(data, "frequencies")
    if array.ndim == 0:
        raise NotApplicableError(
            "these are not samples",
            expected="an array (samples, modes), a dataset, or a name",
            got=f"the scalar {data!r}",
        )
    return array


def several_ensembles(data: Sequence[Ensemble] | Ensemble) -> list[xr.Dataset]:
    """Return the ensembles of a dataset, tree or name, or of a sequence of arguments of `one_ensemble`."""
    opened = _opened(data)
    if isinstance(opened, xr.Dataset):
        return [opened]
    if isinstance(opened, xr.DataTree):
        return list(_leaves(opened).values())
    if isinstance(data, Sequence):
        return [one_ensemble(item) for item in data]
    raise NotApplicableError(
        "these are not ensembles", expected="a list of datasets or names, or a tree", got=type(data).__name__
    )


def _opened(data: Any) -> Any:
    """The dataset or tree of a name; anything else unchanged."""
    if not isinstance(data, str):
        return data
    # Late import: estimates of arrays and open datasets do not need the download and storage modules.
    from bosonpeak.datasets.opening import open_dataset

    return open_dataset(data)


def _leaves(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """The ensembles of a tree by their paths below it."""
    return {node.path.removeprefix(tree.path).strip("/"): node.to_dataset() for node in tree.subtree if node.data_vars}


def _only_leaf(tree: xr.DataTree) -> xr.Dataset:
    leaves = _leaves(tree)
    if len(leaves) == 1:
        (leaf,) = leaves.values()
        return leaf
    raise NotApplicableError(
        f"this file contains {len(leaves)} ensembles; choose one" if leaves else "this file contains no ensemble",
        expected=_groups(leaves),
        likely_cause='no group was given: use tree["group"], or "name/group"' if leaves else "",
    )


def _groups(leaves: Iterable[str]) -> str:
    paths = list(leaves)
    return "one of the groups " + ", ".join(paths[:8]) + (" ..." if len(paths) > 8 else "") if paths else "an ensemble"


def ensembles_of_sizes(data: Sequence[Ensemble] | Ensemble) -> list[xr.Dataset]:
    """Return ensembles as `several_ensembles` does; those of a tree or name must differ in their size only."""
    opened = _opened(data)
    if not isinstance(opened, xr.DataTree):
        return several_ensembles(opened)
    leaves = _leaves(opened)
    sizes = {(leaf.attrs.get("particles"), leaf.attrs.get("lattice_size")) for leaf in leaves.values()}
    others = {name: {str(leaf.attrs.get(name)) for leaf in leaves.values()} for name in _NOT_A_SIZE}
    mixed = [name.replace("_", " ") for name, values in others.items() if len(values) > 1]
    if mixed or len(sizes) < len(leaves):
        raise NotApplicableError(
            "the ensembles of a tree do not differ in size only",
            expected=f"{_groups(leaves)}, or a list of them",
            got=f"{len(leaves)} ensembles of several {' and '.join(mixed)}" if mixed else "several of one size",
        )
    return list(leaves.values())


def arrays(data: Sequence[ArrayLike], name: str) -> list[NDArray[Any]]:
    """Arrays of finite numbers, one per configuration; NotApplicableError for anything else."""
    if not isinstance(data, Sequence | np.ndarray) or isinstance(data, str) or len(data) == 0:
        raise NotApplicableError(f"{name}: no arrays", expected="one per configuration", got=type(data).__name__)
    found = [np.asarray(each) for each in data]
    if any(each.ndim == 0 or each.dtype.kind not in "biuf" or not np.isfinite(each).all() for each in found):
        raise NotApplicableError(f"{name}: not finite numbers", expected="an array per configuration")
    return found


def require_variables(dataset: xr.Dataset, *names: str) -> None:
    """Raise NotApplicableError that names every variable missing from the dataset."""
    missing = [name for name in names if name not in dataset]
    if missing:
        raise NotApplicableError(
            f"the data hold no {' and no '.join(missing)}",
            expected=", ".join(names),
            got=", ".join(map(str, dataset.data_vars)) or "no variables",
        )


def known_chain(dataset: xr.Dataset, chain: ArrayLike | None = None) -> NDArray[np.generic] | None:
    """Label of the independent run of each sample: as given, else as recorded in the dataset; None if unknown."""
    if chain is None and "chain" in dataset:
        chain = dataset["chain"].values
    if isinstance(chain, xr.Dataset | xr.DataTree):
        raise NotApplicableError("these are not chain labels", expected="one a sample", got=type(chain).__name__)
    return None if chain is None else np.asarray(chain)


def chain_labels(dataset: xr.Dataset) -> IntegerArray:
    """Chain label of each sample of an ensemble; a separate label per sample where chains are unknown."""
    if "sample" not in dataset.sizes:
        raise NotApplicableError("the data hold no samples", expected="a dimension named sample")
    chain = known_chain(dataset)
    return np.arange(dataset.sizes["sample"]) if chain is None else chain.astype(np.int64)


def chain_sums(values: ArrayLike, chain: ArrayLike) -> FloatArray:
    """Sums over the samples of each chain, chains in label order; (samples,) or (samples, points) to (chains, ...)."""
    rows = np.asarray(values, dtype=np.float64)
    labels, index = np.unique(np.asarray(chain), return_inverse=True)
    sums = np.zeros((len(labels), *rows.shape[1:]))
    np.add.at(sums, index, rows)
    return sums


@dataclass(frozen=True)
class ModeLists:
    """Eigenfrequencies sample by sample, with their phonon scale and chain labels.

    `frequency`: (samples, modes), ascending, NaN for zero modes and at the end of short rows; `first_phonon`:
    (samples,), frequency omega_0 of the lowest transverse phonon, from the elastic moduli; `chain`: (samples,), counted
    from 0, None if unknown; `pooled`: the modes came as one list without samples.
    """

    frequency: FloatArray
    first_phonon: FloatArray | None
    chain: IntegerArray | None
    pooled: bool

    @property
    def cluster(self) -> IntegerArray:
        """Label of the independent unit of each sample: its chain, or the sample itself where chains are unknown."""
        return np.arange(len(self.frequency)) if self.chain is None else self.chain

    @property
    def scale(self) -> float:
        """Mean of omega_0 over the samples, the unit of windows; NaN if unknown.

        A sample's own omega_0 is not a unit for a window: a soft mode lowers the shear modulus, whose non-affine part
        goes as 1/omega^2, hence that sample's omega_0, and would so be moved up and out of a low window.
        """
        return math.nan if self.first_phonon is None else float(self.first_phonon.mean())

    @property
    def reduced(self) -> FloatArray:
        """Frequencies in units of `scale`, shape (samples, modes)."""
        return np.asarray(self.frequency / self.scale)

    @property
    def independent(self) -> bool:
        """Return whether no two samples are known to share a chain."""
        return len(np.unique(self.cluster)) == len(self.frequency)


def mode_lists(
    data: xr.Dataset | ArrayLike,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    *,
    signed: bool = False,
) -> ModeLists:
    """Build mode lists from a dataset, an array (samples, modes) or one pooled list of modes.

    A dataset has ``eigenfrequency`` (sample, mode) and, where known, ``unstable_frequency`` (sample, unstable_mode),
    ``first_phonon`` and ``chain`` (sample); arguments override the dataset's values. `signed` admits levels below zero;
    if there are any, no zero modes are removed.
    """
    if isinstance(data, xr.Dataset):
        if "eigenfrequency" not in data:
            raise NotApplicableError("there are no modes", expected="a variable eigenfrequency (sample, mode)")
        frequency = signed_frequency(data)
        first_phonon = data["first_phonon"].values if first_phonon is None and "first_phonon" in data else first_phonon
        chain = known_chain(data, chain)
    else:
        frequency = doubles(data, "frequencies")
    pooled = frequency.ndim == 1
    rows = frequency[:, None] if pooled else frequency
    _check_rows(rows, signed)
    return ModeLists(
        frequency=rows if pooled else _without_zero_modes(rows),
        first_phonon=None if first_phonon is None else _phonon_scale(first_phonon, rows),
        chain=None if chain is None else chain_index(chain, len(rows)),
        pooled=pooled,
    )


def signed_frequency(data: xr.Dataset) -> FloatArray:
    """Frequencies with the unstable modes as negative ones before the others; (samples, modes), ascending."""
    rows = np.asarray(data["eigenfrequency"].values, dtype=np.float64)
    if "unstable_frequency" not in data:
        return rows
    together = np.sort(np.concatenate([data["unstable_frequency"].values, rows], axis=1), axis=1)
    return np.asarray(together[:, : int(np.isfinite(together).sum(axis=1).max())])


def _check_rows(rows: FloatArray, signed: bool) -> None:
    if rows.ndim != 2 or rows.size == 0:
        raise NotApplicableError(
            "these are not mode lists", expected="an array (samples, modes)", got=f"shape {rows.shape}"
        )
    wrong = (np.isinf(rows) | ((rows < 0.0) & (not signed))).any(axis=1)
    if wrong.any():
        raise NotApplicableError(
            "a frequency is negative or infinite",
            where=f"sample {int(np.argmax(wrong))}",
            likely_cause="an unstable mode, or eigenvalues in place of frequencies",
        )
    filled = ~np.isnan(rows)
    if (filled[:, 1:] & ~filled[:, :-1]).any():
        raise NotApplicableError("NaN inside a mode list", expected="NaN at the end of a row only")
    descending = (rows[:, 1:] < rows[:, :-1]).any(axis=1)
    if descending.any():
        raise NotApplicableError(
            "the frequencies of a sample are not in ascending order", where=f"sample {int(np.argmax(descending))}"
        )


def _without_zero_modes(rows: FloatArray) -> FloatArray:
    if (rows < 0.0).any():
        return rows
    zero = rows < ZERO_BELOW * np.fmax.reduce(rows, axis=1, keepdims=True)
    return np.where(zero, np.nan, rows) if zero.any() else rows


def _phonon_scale(first_phonon: ArrayLike, rows: FloatArray) -> FloatArray:
    scale = doubles(first_phonon, "frequencies of the first phonon")
    if scale.shape not in ((), (1,), (len(rows),)) or not (np.isfinite(scale).all() and (scale > 0.0).all()):
        raise NotApplicableError(
            "the frequency of the first phonon does not fit the samples",
            expected=f"one positive number, or {len(rows)}",
            got=f"shape {scale.shape}",
        )
    if scale.size > 1 and np.mean((rows == scale[:, None]).any(axis=1)) > 0.5:
        raise NotApplicableError(
            "the first phonon was taken from the same spectrum",
            expected="omega_0 = 2 pi v_T / L from the elastic moduli",
            likely_cause="omega_0 set to one of the sample's own frequencies, which biases every exponent",
        )
    return np.array(np.broadcast_to(scale, len(rows)))


def chain_index(chain: ArrayLike, samples: int) -> IntegerArray:
    """Chain of each sample, counted from 0, from its labels (samples,)."""
    labels = np.asarray(chain)
    if labels.shape != (samples,):
        raise NotApplicableError(
            "chain labels do not fit the samples", expected=f"{samples} labels", got=f"shape {labels.shape}"
        )
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def mode_lists_of_sizes(
    data: Ensembles,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
) -> list[tuple[int, ModeLists]]:
    """Numbers of particles and mode lists, one ensemble per size; the optional arguments override the datasets."""
    opened: Any = _opened(data)
    dimensions = opened.ndim if isinstance(opened, np.ndarray | xr.DataArray) else None
    if dimensions == 0 or not isinstance(opened, Iterable):
        raise NotApplicableError(
            "sizes are compared between ensembles",
            expected="a dataset, or a sequence of datasets or of lists of frequencies, one a size",
            got=type(data).__name__,
        )
    items = [opened] if dimensions in (1, 2) else opened
    if isinstance(opened, xr.Dataset | xr.DataTree):
        items = ensembles_of_sizes(opened)
    if isinstance(opened, xr.Dataset) or dimensions in (1, 2):
        particles, first_phonon, chain = _for_one(particles, 0), _for_one(first_phonon, 1), _for_one(chain, 1)
    ensembles: list[Any] = [one_ensemble(each) if isinstance(each, xr.DataTree | str) else each for each in items]
    if not ensembles:
        raise NotApplicableError("there are no ensembles to compare", expected="one a size", got="none")
    numbers: Any = particles or [
        each.attrs.get("particles", 0) if isinstance(each, xr.Dataset) else 0 for each in ensembles
    ]
    scales: Any = first_phonon or [None] * len(ensembles)
    labels: Any = chain or [None] * len(ensembles)
    if len({len(ensembles), len(numbers), len(scales), len(labels)}) > 1:
        raise NotApplicableError(
            "the sizes do not fit the ensembles",
            expected=f"{len(ensembles)} of each",
            got=f"{len(numbers)} particles, {len(scales)} phonon scales, {len(labels)} lists of chains",
        )
    if not all(numbers):
        raise NotApplicableError(
            "the number of particles of an ensemble is unknown",
            expected="the attribute particles, or particles=",
            got=", ".join(str(number) for number in numbers),
        )
    lists = (mode_lists(*each) for each in zip(ensembles, scales, labels, strict=True))
    return [(int(number), each) for number, each in zip(numbers, lists, strict=True)]


def _for_one(value: Any, dimensions: int) -> Any:
    """A value of a single ensemble as a sequence of one; sequences over sizes have more dimensions."""
    return [value] if value is not None and np.ndim(value) <= dimensions else value
