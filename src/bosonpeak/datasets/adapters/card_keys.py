"""Keys that a card for the readers of foreign files may contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from bosonpeak.datasets.documents.faults import faults_of
from bosonpeak.datasets.errors import CardError

_SHOWN = 40


def refused(wrong: str) -> WrapValidator:
    """Pydantic validator that replaces any error of a value by the single message ``wrong``."""

    def checked(value: object, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError:
            raise ValueError(f"{ascii(value)[:_SHOWN]} is {wrong}") from None

    return WrapValidator(checked)


Text = Annotated[str, refused("not of type str")]
Number = Annotated[float, refused("not of type float")]
Count = Annotated[int, refused("not of type int")]
Flag = Annotated[bool, refused("not of type bool")]
Columns = Annotated[str | list[str] | tuple[str, ...], refused("neither a string nor a list of strings")]
Masses = Annotated[float | list[Any] | tuple[Any, ...], refused("neither a number nor a list")]


class ReaderCard(BaseModel):
    """Keys of the readers, each with the type of its value; what they mean is in ``docs/data-format.md``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    quantity: Text | None = None
    units: Text | None = None
    length_units: Text | None = None
    columns: Columns | None = None
    group: Text | None = None
    content: Text | None = None
    title: Text | None = None
    source: Text | None = None
    licence: Text | None = None
    masses: Masses | None = None
    mass_weighted: Flag | None = None
    lammps_units: Text | None = None
    style: Text | None = None
    dimension: Count | None = None
    particles: Count | None = None
    mean_square_frequency: Number | None = None
    mean_square_units: Text | None = None
    degrees_of_freedom: Count | None = None
    components: Count | None = None
    zero_modes: Text | None = None
    coordinates: Text | None = None
    sizes: Text | None = None
    atom_style: Text | None = None


READER_KEYS = tuple(ReaderCard.model_fields)


def require_known_keys(card: Mapping[str, Any], where: str = "card") -> None:
    """Reject a card with unknown keys or values of a wrong type; a card with ``system`` may have further keys."""
    known = {key: card[key] for key in READER_KEYS if key in card} if "system" in card else dict(card)
    try:
        ReaderCard.model_validate(known)
    except ValidationError as error:
        reported = "; ".join(faults_of(error, ReaderCard, unknown="unknown key {key!r}"))
        raise CardError("the card cannot be used", got=reported, where=where, done="nothing was read") from error
