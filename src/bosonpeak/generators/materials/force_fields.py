"""Force fields of real materials with the parameters that their authors published, as commands for LAMMPS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Material:
    """Species with their masses and composition, the pairs that count as bonds, and the density of the hot lattice."""

    species: tuple[str, ...]
    masses: tuple[float, ...]  # u
    composition: tuple[int, ...]  # atoms of each species in a formula unit
    bonds: tuple[tuple[str, str], ...]
    number_density: float  # atoms per cubic angstrom


@dataclass(frozen=True)
class ForceField:
    """Pair style of LAMMPS and its parameters: the text of a file, or a file of LAMMPS's own folder of potentials."""

    material: str
    style: str
    parameters: str | None
    file: str | None
    source: str

    def commands(self, folder: Path, potentials: Path) -> list[str]:
        """Commands that select the force field; a parameter text is written into `folder`."""
        path = potentials / (self.file or "")
        if self.parameters is not None:
            path = folder / "parameters.txt"
            path.write_text(self.parameters, encoding="ascii")
        species = " ".join(MATERIALS[self.material].species)
        return [f"pair_style {self.style}", f'pair_coeff * * "{path}" {species}']


MATERIALS: Mapping[str, Material] = {
    "silicon": Material(("Si",), (28.0855,), (1,), (("Si", "Si"),), 0.0499),
    "silica": Material(("Si", "O"), (28.0855, 15.9994), (1, 2), (("Si", "O"),), 0.0662),
    "copper-zirconium": Material(
        ("Cu", "Zr"), (63.546, 91.224), (64, 36), (("Cu", "Cu"), ("Cu", "Zr"), ("Zr", "Zr")), 0.0625
    ),
}


def _stillinger_weber(energy: float, strength: float) -> str:
    """Parameters of silicon with an energy scale (eV) and a strength lambda of the three-body term."""
    return f"Si Si Si {energy} 2.0951 1.80 {strength} 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n"


FORCE_FIELDS: Mapping[str, ForceField] = {
    "stillinger-weber": ForceField(
        "silicon",
        "sw",
        _stillinger_weber(2.1683, 21.0),
        None,
        "F. H. Stillinger and T. A. Weber, Physical Review B 31, 5262 (1985)",
    ),
    "stillinger-weber-amorphous": ForceField(
        "silicon",
        "sw",
        _stillinger_weber(1.64833, 31.5),
        None,
        "R. L. C. Vink, G. T. Barkema, W. F. van der Weg and N. Mousseau, Journal of Non-Crystalline Solids 282, 248 "
        "(2001)",
    ),
    "vashishta-1994": ForceField(
        "silica",
        "vashishta",
        None,
        "SiO.1994.vashishta",
        "A. Nakano, R. K. Kalia and P. Vashishta, Journal of Non-Crystalline Solids 171, 157 (1994)",
    ),
    "mendelev-2007": ForceField(
        "copper-zirconium",
        "eam/fs",
        None,
        "CuZr_mm.eam.fs",
        "M. I. Mendelev, D. J. Sordelet and M. J. Kramer, Journal of Applied Physics 102, 043501 (2007)",
    ),
}
