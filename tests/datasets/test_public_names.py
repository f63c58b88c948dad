"""The package imports in no time and offers what it lists."""

import subprocess
import sys

import pytest

from bosonpeak import datasets


def test_importing_the_package_loads_nothing_heavy():
    program = (
        "import sys, bosonpeak.datasets, bosonpeak.datasets.errors\n"
        "print(sorted({'numpy', 'xarray', 'pandas', 'pandera', 'netCDF4', 'dask', 'pooch'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_opening_by_name_needs_no_schema_library():
    program = (
        "import sys\nfrom bosonpeak.datasets import list_datasets, open_dataset\n"
        "for entry in list_datasets():\n"
        "    open_dataset(entry.name)\n"
        "print('pandera' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("name", datasets.__all__)
def test_every_listed_name_is_there_and_documented(name):
    assert name in dir(datasets)
    assert getattr(datasets, name).__doc__


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match=r"No bosonpeak\.datasets attribute nonsense"):
        _ = datasets.nonsense
