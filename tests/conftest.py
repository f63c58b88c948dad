import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Matrices are small here, and test processes side by side would take each other's cores.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Timings never decide a test.
settings.register_profile("no timing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no timing")


def _dense_levels(order, samples, seed, *, beta=1):
    """Eigenvalues of whole matrices of the orthogonal (1) or unitary (2) ensemble, shape (samples, order)."""
    import numpy as np  # once the number of threads is set

    parts = np.random.default_rng(seed).standard_normal((beta, samples, order, order))
    entries = parts[0] if beta == 1 else parts[0] + 1j * parts[1]
    return np.linalg.eigvalsh((entries + entries.conj().transpose(0, 2, 1)) / np.sqrt(2.0 * beta))


@pytest.fixture(scope="session")
def dense_levels():
    return _dense_levels


@pytest.fixture(scope="module")
def data_release():
    """Folder of the data release beside the tests, as the download server."""
    folder = Path(__file__).resolve().parents[1] / "data-release"
    if not folder.exists():
        pytest.skip("a source distribution without the data release")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOSONPEAK_MIRRORS", str(folder))
        yield folder
