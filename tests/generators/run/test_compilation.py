"""Compilation of kernels: announced once where it happens, complete after a warm-up, the same descent without it."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.generators import InversePower, LennardJones
from bosonpeak.generators.minimisers.limited_memory_bfgs import NO_NEWTON, limited_memory_bfgs, loosely_relaxed
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import system_of
from bosonpeak.generators.run.compilation import SMALL_SAMPLES, announced_compilation, compile_kernels

TWICE = """
from numba import njit
from bosonpeak.generators.run.compilation import announced_compilation
@njit
def square(x):
    return x * x
with announced_compilation(print):
    square(1), square(1.0), square(2)
    print("inside")
square(1j)
"""


def test_one_line_announces_all_compilation_inside_the_block_and_none_outside():
    run = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=True, timeout=120)
    first, second = run.stdout.splitlines()
    assert "compiles the kernels" in first
    assert second == "inside"
    assert run.stderr == ""


def test_nothing_is_said_without_compilation():
    said = []
    with announced_compilation(said.append):
        np.ones(3).sum()
    assert said == []


@pytest.mark.slow
def test_after_a_warm_up_a_new_process_compiles_nothing(tmp_path):
    script = (
        "from bosonpeak.generators.run.compilation import announced_compilation, compile_kernels\n"
        "with announced_compilation(print): compile_kernels('spring-network-spectrum')"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    outputs = [
        subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert "compiles the kernels" in outputs[0].stdout
    assert outputs[1].stdout == ""


def test_the_command_names_each_generator_and_refuses_others(capsys):
    assert main(["warm-up", "spring-network"]) == 0
    assert capsys.readouterr().out.startswith("spring-network: ")
    assert main(["warm-up", "theory"]) == 2
    assert "no kernels to compile" in capsys.readouterr().err


@pytest.mark.parametrize("name", SMALL_SAMPLES)
def test_small_samples_are_valid_for_their_generators(name):
    assert compile_kernels(name) > 0.0


@pytest.mark.parametrize("potential", [InversePower(), InversePower(taper=math.inf), LennardJones(cutoff=1.5)])
def test_the_uncompiled_descent_gives_the_bits_of_the_compiled_descent(potential):
    points = np.random.default_rng(1).random((150, 3)) * 150 ** (1 / 3)
    start = Configuration.checked(points, np.full(150, 0.9), np.full(3, 150 ** (1 / 3)), potential)
    first, second = start.positions.copy(), start.positions.copy()
    compiled = limited_memory_bfgs(first, system_of(start), 10.0, 500, NO_NEWTON)
    uncompiled = loosely_relaxed(second, system_of(start), 10.0, 500, NO_NEWTON)
    assert compiled == uncompiled
    assert np.array_equal(first, second)
    assert compiled.residual <= 10.0
