"""Answer the conformance cases of a run with JAX, M.D.: ``python run.py RUN``.

Energies are pair energies summed by `jax_md.smap.pair` over a periodic space, in double precision; forces, Hessians and
stresses are what JAX differentiates.
"""

import importlib.metadata
import os
import sys

os.environ["JAX_ENABLE_X64"] = "1"

import jax
import jax.numpy as jnp
import numpy as np
from jax_md import minimize, smap, space

from bosonpeak.benchmark.leaderboard.answering import answer_cases
from bosonpeak.datasets.errors import NotApplicableError

AT_REST, MOST_STEPS = 1e-11, 20000


def taper(x, order):
    """Factor that ends a potential smoothly at x = 1."""
    inside = jnp.minimum(x, 1.0 - 1e-9)
    return jnp.exp(inside / (2.0 * (inside - 1.0))) if order == "inf" else (1.0 - x**2) ** order


def inverse_power(r, a, n, cutoff, order):
    """Inverse power of a pair, tapered."""
    x = r / cutoff
    return jnp.where(x < 1.0, (a / cutoff) ** n * (x**-n - 1.0) * taper(x, order), 0.0)


def lennard_jones(r, s, eps, given):
    """Lennard-Jones energy of a pair, ended as the case says."""

    def bare(length):
        return 4.0 * eps * ((s / length) ** 12 - (s / length) ** 6)

    end = given["cutoff"] * s
    phi = bare(r)
    if given["truncation"] != "hard":
        phi = phi - bare(end)
    if given["truncation"] == "force-shifted":
        slope = -24.0 * eps * (2.0 * (s / end) ** 12 - (s / end) ** 6) / end
        phi = phi - (r - end) * slope
    if given["truncation"] == "tapered":
        phi = phi * taper(r / end, given["taper"])
    return jnp.where(r < end, phi, 0.0)


def harmonic(r, a):
    """Energy of two spheres that overlap."""
    return jnp.where(r < a, 0.5 * (1.0 - r / a) ** 2, 0.0)


def pair_energy(problem):
    """phi(r, ...) of the case, and the parameters of each pair."""
    given, a = problem.interaction, problem.diameters
    mean = jnp.asarray(0.5 * (a[:, None] + a[None, :]))
    if given["form"] == "inverse-power":
        order = given["taper"] if given["taper"] == "inf" else int(given["taper"])
        return lambda r, a=mean, **others: inverse_power(r, a, given["n"], given["cutoff"], order), {"a": mean}
    if given["form"] == "harmonic":
        return lambda r, a=mean, **others: harmonic(r, a), {"a": mean}
    if given["form"] != "lennard-jones":
        raise NotApplicableError("JAX, M.D. knows particles, and no nodes that move along a line", where=problem.name)
    eps = np.ones(mean.shape)
    if given.get("mixture") == "kob-andersen":
        small = a < 0.94
        both, either = small[:, None] & small[None, :], small[:, None] | small[None, :]
        mean = jnp.asarray(np.where(both, 0.88, np.where(either, 0.8, 1.0)))
        eps = np.where(both, 0.5, np.where(either, 1.5, 1.0))
    eps = jnp.asarray(eps)
    return lambda r, s=mean, e=eps, **others: lennard_jones(r, s, e, given), {"s": mean, "e": eps}


class JaxMd:
    """JAX, M.D. as a code under test."""

    name = "JAX, M.D."
    version = importlib.metadata.version("jax-md")

    def _energy(self, problem):
        phi, parameters = pair_energy(problem)
        displacement, _ = self._space(problem)
        total = smap.pair(phi, space.canonicalize_displacement_or_metric(displacement), **parameters)
        return jax.jit(total), jnp.asarray(problem.positions)

    def _space(self, problem):
        """Displacement and shift; the edges of a tilted box are columns here."""
        if problem.tilt.size:
            return space.periodic_general(jnp.asarray(problem.cell.T), fractional_coordinates=False)
        return space.periodic(jnp.asarray(problem.box))

    def energy(self, problem):
        """Total potential energy."""
        total, places = self._energy(problem)
        return float(total(places))

    def forces(self, problem):
        """Minus the gradient."""
        total, places = self._energy(problem)
        return np.asarray(-jax.grad(total)(places))

    def hessian(self, problem):
        """Second derivatives, by automatic differentiation."""
        total, places = self._energy(problem)
        size = problem.degrees_of_freedom
        return np.asarray(jax.hessian(total)(places)).reshape(size, size)

    def relaxed_positions(self, problem):
        """Minimum that FIRE finds, from the forces alone."""
        total, places = self._energy(problem)
        force = jax.jit(lambda at: -jax.grad(total)(at))
        start, step = minimize.fire_descent(force, self._space(problem)[1], dt_start=0.002, dt_max=0.02)
        state, step = start(places), jax.jit(step)
        for _ in range(MOST_STEPS):
            if float(jnp.abs(state.force).max()) < AT_REST:
                break
            state = step(state)
        return np.asarray(state.position)


if __name__ == "__main__":
    answer_cases(JaxMd(), sys.argv[1], source="https://github.com/jax-md/jax-md")
