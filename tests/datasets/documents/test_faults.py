from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bosonpeak.datasets.documents.faults import faults_of


def not_seven(value: int) -> int:
    if value == 7:
        raise ValueError("seven cannot be")
    return value


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    height: Annotated[int, AfterValidator(not_seven)]
    start: float = Field(default=0.0, validation_alias="from")


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    inner: Annotated[tuple[Inner, ...], Field(min_length=1)] = ()
    named: dict[str, Inner] | None = None


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        ({}, ["missing key name"]),
        ({"name": ...}, ["missing key name"]),
        ({"nmae": "a", "name": "a"}, ["unknown key nmae, did you mean 'name'?"]),
        ({"name": "a", "zzz": 1}, ["unknown key zzz"]),
        ({"name": "a", "inner": [{"hieght": 1}]}, [
            "inner[0]: missing key height", "inner[0]: unknown key hieght, did you mean 'height'?"
        ]),
        ({"name": 3}, ["name: should be a valid string, got 3"]),
        ({"name": "a", "inner": [{"height": 1}, {"hieght": 1}]}, [
            "inner[1]: missing key height", "inner[1]: unknown key hieght, did you mean 'height'?"
        ]),
        ({"name": "a", "inner": [{"height": 7, "fromm": 1}]}, [
            "inner[0].height: seven cannot be", "inner[0]: unknown key fromm, did you mean 'from'?"
        ]),
        ({"name": "a", "named": {"b": {"height": 1, "from": "x" * 400}}}, [
            "named.b.from: should be a valid number, unable to parse string as a number, got '" + "x" * 79
            + " ... " + "x" * 79 + "'"
        ]),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_place(document, lines):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document)
    assert list(faults_of(caught.value, Outer)) == lines


def test_a_document_and_its_faults_can_be_called_otherwise():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"nmae": 1, "inner": 3})
    lines = faults_of(caught.value, Outer, root="$", missing="{key!r} is required", unknown="{key!r} was unexpected")
    assert lines == (
        "$: 'name' is required",
        "$.inner: should be a valid tuple, got 3",
        "$: 'nmae' was unexpected, did you mean 'name'?",
    )


def test_known_keys_are_listed_where_none_resembles():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"name": "a", "zzz": 1, "nmae": 2, "inner": [{"height": 1, "zzz": 1}]})
    assert faults_of(caught.value, Outer, known="known are {keys}") == (
        "inner[0]: unknown key zzz, known are height, from",
        "unknown key zzz, known are name, inner, named",
        "unknown key nmae, did you mean 'name'?",
    )
