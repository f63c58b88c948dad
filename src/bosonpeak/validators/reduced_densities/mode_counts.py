"""Modes counted in bins of frequency, block by block, for each independent group of samples.

Below the common end of lists of lowest modes all samples count, above it the complete spectra.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import known_chain
from bosonpeak.validators.estimates.sample_blocks import ranges_of_chunks
from bosonpeak.validators.spectra.density_of_states import zero_modes

MOST_GROUPS = 200
"""Chains, or samples without chains, are joined to at most so many groups: memory does not grow with their number, and
the half width of a jackknife interval is uncertain by five per cent."""


@dataclass(frozen=True)
class ModeRows:
    """Spectra of one variable, without zero modes, read in blocks of samples."""

    data: xr.Dataset  # ``eigenfrequency`` (sample, mode)
    complete: bool  # all modes are listed
    group: IntegerArray  # (samples,), index of the independent group

    def blocks(self) -> Iterator[tuple[FloatArray, IntegerArray]]:
        """Yield frequencies (samples, modes), zero modes NaN, and groups (samples,) of consecutive samples."""
        samples, modes = (self.data.sizes[name] for name in ("sample", "mode"))
        # Arrays without chunks are read in slices.
        for here in ranges_of_chunks(self.data["eigenfrequency"].chunksizes.get("sample", (1,) * samples), modes):
            part = self.data.isel(sample=here).load()
            rows = np.array(part["eigenfrequency"].values, dtype=np.float64)
            zeros = zero_modes(part)
            rows[np.arange(modes) < zeros[:, None]] = np.nan
            yield rows, self.group[here]


@dataclass(frozen=True)
class Extent:
    """Range of spectra: lowest and highest mode, end of the shortest list (infinite if complete), number of modes."""

    lowest: float
    highest: float
    end: float
    modes: int


@dataclass(frozen=True)
class CountedModes:
    """Modes of groups in bins: `counts` and `exposure`, samples that count in the bin, both (groups, bins)."""

    counts: FloatArray
    exposure: FloatArray


def mode_rows(data: xr.Dataset, *, degrees_of_freedom: int | None) -> tuple[list[ModeRows], int]:
    """Spectra of a dataset, the complete ones last, and the degrees of freedom of a sample."""
    samples = data.sizes["sample"]
    group = sample_groups(data, samples)
    listed = data[[name for name in ("eigenfrequency", "zero_mode_count") if name in data]]
    whole = data.sizes["mode"] + _removed(data)
    degrees = degrees_of_freedom or int(data.attrs.get("degrees_of_freedom", data.sizes.get("node", 0)))
    if degrees == 0 and "particles" in data.coords and "dimension" in data.coords:
        degrees = int(data["particles"]) * int(data["dimension"])
    if degrees == 0 and "mode_count" in data:
        raise NotApplicableError(
            "the lists of modes have different lengths, and the number of all modes is not known",
            expected="degrees_of_freedom=, or an attribute of that name",
            got="a variable mode_count and no degrees of freedom",
        )
    degrees = degrees or whole
    if degrees < data.sizes["mode"]:
        raise NotApplicableError(
            "there are more modes than degrees of freedom",
            expected=f"at least {data.sizes['mode']} degrees of freedom",
            got=str(degrees),
        )
    complete = data.sizes["mode"] in (degrees, degrees - _removed(data)) and "mode_count" not in data
    found = [ModeRows(listed, complete, group)]
    if "full_eigenfrequency" in data and not complete:
        from bosonpeak.datasets.subsets import rows_of

        index = rows_of(data, "full_sample")
        full = (
            data["full_eigenfrequency"]
            .rename(full_sample="sample", full_mode="mode")
            .drop_vars(["sample", "mode"], errors="ignore")
        )
        spectra = xr.Dataset({"eigenfrequency": full}, attrs={"zero_modes": "removed"})
        found.append(ModeRows(spectra, True, group[index]))
    return found, degrees


def sample_groups(data: xr.Dataset, samples: int) -> IntegerArray:
    """Index of the independent group of each sample: its chain, else the sample; neighbours joined beyond the limit."""
    chain = known_chain(data)
    labels = np.arange(samples) if chain is None else np.unique(chain, return_inverse=True)[1]
    count = int(labels.max()) + 1
    return np.asarray(labels if count <= MOST_GROUPS else labels * MOST_GROUPS // count, dtype=np.int64)


def extent_of(sources: list[ModeRows]) -> Extent:
    """Range of the modes of all sources, in one pass over the blocks; NotApplicableError if there is none."""
    lowest, highest, end, modes = np.inf, 0.0, np.inf, 0
    for source in sources:
        for rows, _ in source.blocks():
            last = np.fmax.reduce(rows, axis=1)
            highest = max(highest, float(np.fmax.reduce(last)))
            lowest = min(lowest, float(np.fmin.reduce(rows, axis=None)))
            if not source.complete:
                end = min(end, float(last.min()))
            modes += int(np.isfinite(rows).sum())
    if modes == 0 or not highest > 0.0:
        raise NotApplicableError("there are no modes above zero frequency", expected="eigenfrequencies", got="none")
    return Extent(lowest, highest if sources[-1].complete else end, end, modes)


def counted(sources: list[ModeRows], edges: FloatArray, end: float) -> CountedModes:
    """Modes in bins, in one pass over the blocks; `end`: of the shortest list of lowest modes."""
    groups = 1 + max(int(source.group.max()) for source in sources)
    listed = edges[1:] <= end
    counts, exposure = np.zeros((2, groups, len(edges) - 1))
    for number, source in enumerate(sources):
        # Every bin is counted once: complete spectra of a subset only beyond the lists of all samples.
        bins = np.ones_like(listed) if len(sources) == 1 and source.complete else (listed if number == 0 else ~listed)
        for rows, group in source.blocks():
            for row, index in zip(rows, group, strict=True):
                counts[index, bins] += np.histogram(row, edges)[0][bins]
                exposure[index, bins] += 1.0
    return CountedModes(counts, exposure)


def _removed(data: xr.Dataset) -> int:
    """Zero modes per sample that are not among the frequencies."""
    if data.attrs.get("zero_modes") != "removed" or "zero_mode_count" not in data:
        return 0
    return int(data["zero_mode_count"].values.max())
