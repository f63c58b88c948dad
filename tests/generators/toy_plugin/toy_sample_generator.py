"""A generator that a foreign package registers by its entry point: spectra of small random matrices."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np

from bosonpeak.datasets.errors import ConvergenceError, RecipeError

DEFAULTS = {
    "size": 6,
    "scale": 1.0,
    "seconds": 0.0,
    "fail_at": -1,
    "crash_at": -1,
    "kill_at": -1,
    "hoard_at": -1,
    "relief": "",
    "marks": "",
}


class ToyGenerator:
    name = "toy"
    kind = "mode-ensemble"

    def check(self, parameters):
        unknown = sorted(set(parameters) - set(DEFAULTS))
        if unknown:
            raise RecipeError("unknown parameters", got=", ".join(unknown))
        if parameters.get("size", 1) < 1:
            raise RecipeError("impossible size", expected="1 or more", got=str(parameters["size"]))
        return DEFAULTS | dict(parameters)

    def sample(self, parameters, seed):
        index = seed.spawn_key[-1]
        _mark(parameters, index)
        time.sleep(parameters["seconds"])
        if index == parameters["kill_at"]:
            os.kill(os.getpid(), signal.SIGKILL)
        if index == parameters["hoard_at"] and not Path(parameters["relief"]).exists():
            _hoard()
        if index == parameters["fail_at"]:
            raise ConvergenceError("toy does not converge", where=f"sample {index}")
        if index == parameters["crash_at"]:
            raise ZeroDivisionError("toy is broken")
        matrix = np.random.default_rng(seed).normal(size=(parameters["size"], parameters["size"]))
        stiffness = parameters["scale"] * matrix @ matrix.T
        return {"eigenfrequency": np.sqrt(np.linalg.eigvalsh(stiffness).clip(0.0))}

    def assemble(self, parameters, samples):
        import xarray as xr

        frequencies = np.stack([sample["eigenfrequency"] for sample in samples])
        attributes = {"units": "sqrt(t0/m)", "long_name": "angular eigenfrequency"}
        return xr.Dataset(
            {"eigenfrequency": (("sample", "mode"), frequencies, attributes)},
            attrs={"parameters": json.dumps(dict(parameters), sort_keys=True)},
        )


def _hoard():
    """Fill the memory until somebody ends the process."""
    kept = []
    while True:
        kept.append(np.ones(4_000_000))
        time.sleep(0.02)


def _mark(parameters, index):
    """Leave a trace of the attempt, so that a test can count what was computed."""
    if parameters["marks"]:
        with Path(parameters["marks"]).open("a") as file:
            file.write(f"{index}\n")
