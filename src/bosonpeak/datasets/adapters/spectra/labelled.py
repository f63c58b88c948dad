"""Conversion of raw foreign spectra to a dataset of kind ``mode-ensemble``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.files.foreign_file import Source, foreign_provenance
from bosonpeak.datasets.adapters.files.stored_files import require_valid
from bosonpeak.datasets.adapters.files.unit_inference import ANGULAR_UNITS, Finding, settle
from bosonpeak.datasets.adapters.spectra.cleaning import QUANTITIES, CleanSpectra, Quantity, clean
from bosonpeak.datasets.adapters.spectra.frequency_units import spectrum_findings
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.units import unknown_unit_symbols
from bosonpeak.datasets.storage.digest import content_digest

if TYPE_CHECKING:
    import xarray as xr

_CYCLES = ("THz", "1/cm")

_OPTIONAL = {
    "participation_ratio": (("sample", "mode"), "participation ratio of each mode"),
    "zero_mode_count": (("sample",), "number of zero modes"),
    "coordination_number": (("sample", "node"), "number of springs of each node"),
    "chain": (("sample",), "independent run of each sample"),
    "asymmetry": (("sample",), "largest |H - H^T| over the largest element"),
    "translation_cost": (("sample",), "largest element of the image of a translation over that of the matrix"),
}


def spectrum_dataset(raw: RawSpectra, source: Source, card: Mapping[str, Any]) -> xr.Dataset:
    """Settle the quantity and units, reject invalid spectra, and label the rest as ``mode-ensemble``."""
    import xarray as xr

    # Settle quantity and units, then convert to ascending angular frequencies.
    if raw.is_of_matrix:
        card = {key: value for key, value in card.items() if key != "quantity"}
    findings = spectrum_findings(raw, card, str(source.path))
    quantity = _quantity(raw, card, source, findings.get("quantity"))
    is_stated = bool(card.get("quantity") or raw.role or "quantity" in findings)
    spectra = clean(replace(raw, notes=(*raw.notes, *map(str, findings.values()))), quantity, is_stated=is_stated)
    units = _units(raw, card, source)
    if "units" in findings:
        spectra, units = _in_radians(spectra, settle(findings["units"], card.get("units"), str(source.path)))
    elif raw.units in ANGULAR_UNITS and quantity != "eigenvalue" and units == raw.units:
        # Values of omega / 2 pi were multiplied by 2 pi in `clean`, so units of cycles must not add the factor again.
        spectra, units = _in_radians(spectra, raw.units, cycles=quantity == "frequency_over_2pi")
    # Label the variables; unstable modes and unequal mode counts have variables of their own.
    counts = np.array([row.size for row in spectra.samples], dtype=np.int32)
    variables: dict[str, Any] = {
        "eigenfrequency": (
            ("sample", "mode"),
            _padded(spectra.samples, int(counts.max())),
            {"units": units, "long_name": "angular eigenfrequency, ascending"},
        )
    }
    if any(row.size for row in spectra.unstable):
        variables["unstable_frequency"] = (
            ("sample", "unstable_mode"),
            _padded(spectra.unstable, max(row.size for row in spectra.unstable)),
            {"units": units, "long_name": "-|omega| of the modes of negative omega^2, ascending"},
        )
    if (counts != counts.max()).any():
        variables["mode_count"] = ("sample", counts, {"units": "1", "long_name": "number of modes of each sample"})
    for name, (dims, long_name) in _OPTIONAL.items():
        if name in raw.arrays:
            values = raw.arrays[name]
            if dims[-1] == "mode":
                values = _of_stable(values, spectra)
            elif values.dtype.kind in "iu":
                values = values.astype(np.int32)
            variables[name] = (dims, values, {"units": "1", "long_name": long_name})
    dataset = xr.Dataset(variables, attrs=_attributes(raw, spectra, quantity, source, card))
    dataset = with_labels(dataset)
    dataset.attrs["content_digest"] = content_digest(dataset)
    require_valid(dataset, source.path)
    return dataset


def _in_radians(spectra: CleanSpectra, reading: str, *, cycles: bool = False) -> tuple[CleanSpectra, str]:
    """Convert frequencies of a known unit to rad/ps."""
    factor = ANGULAR_UNITS[reading] / (2.0 * math.pi if cycles and reading in _CYCLES else 1.0)
    note = (f"frequencies in {reading} brought to rad/ps",) if factor != 1.0 else ()
    samples, unstable = ([factor * row for row in rows] for rows in (spectra.samples, spectra.unstable))
    return replace(spectra, samples=samples, unstable=unstable, notes=(*spectra.notes, *note)), "rad/ps"


def _padded(rows: Sequence[FloatArray], width: int) -> FloatArray:
    table = np.full((len(rows), width), np.nan)
    for row, values in zip(table, rows, strict=True):
        row[: values.size] = values
    return table


def _of_stable(values: NDArray[Any], spectra: CleanSpectra) -> FloatArray:
    """Per-mode values, shape (samples, modes), without the entries of unstable modes."""
    parts = zip(values.astype(np.float64), spectra.samples, spectra.unstable, strict=True)
    rows = [row[below.size : below.size + stable.size] for row, stable, below in parts]
    return _padded(rows, max(row.size for row in rows))


def _quantity(raw: RawSpectra, card: Mapping[str, Any], source: Source, finding: Finding | None) -> Quantity:
    stated = card.get("quantity") or (finding.possible[0] if finding else None)
    if stated is None:
        return "eigenvalue" if raw.role == "eigenvalue" else "frequency"
    if stated not in QUANTITIES:
        raise CardError("unknown quantity in the card", expected=" or ".join(QUANTITIES), got=repr(stated))
    if raw.role and (stated == "eigenvalue") != (raw.role == "eigenvalue"):
        raise CardError(
            "the card and the file disagree on the quantity",
            expected=f"{raw.role}, from a name in the file",
            got=f"quantity = {stated!r}",
            where=str(source.path),
        )
    return cast(Quantity, stated)


def _units(raw: RawSpectra, card: Mapping[str, Any], source: Source) -> str:
    """Unit of the angular frequency from the card, else from the file."""
    units = card.get("units") or raw.units or "1"
    if raw.units != units and {raw.units, units} <= set(ANGULAR_UNITS):
        raise CardError(
            "the card and the file disagree on the units",
            expected=f"{raw.units}, as in the file",
            got=f"units = {units!r}",
            where=str(source.path),
        )
    unknown = unknown_unit_symbols(str(units))
    if unknown:
        raise ForeignInputError(
            "unknown units",
            expected='units of the angular frequency, such as "sqrt(t0/m)", "rad/ps" or "1"',
            got=f"{units!r} ({', '.join(unknown)})",
            where=str(source.path),
        )
    return str(units)


def _attributes(
    raw: RawSpectra, spectra: CleanSpectra, quantity: Quantity, source: Source, card: Mapping[str, Any]
) -> dict[str, Any]:
    provenance = foreign_provenance("mode-ensemble", "Eigenfrequencies", raw.layout, source, card)
    described = {
        "source_quantity": quantity,
        "input_warnings": "\n".join(spectra.notes),
    }
    decimals = {} if spectra.decimals is None else {"frequency_decimals": spectra.decimals}
    return provenance | described | decimals
