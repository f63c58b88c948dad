import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.spectral_methods.ellpack import blocked_rows, wavefront


@st.composite
def scattered_networks(draw):
    node_count = draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    possible = np.argwhere(np.tri(node_count, k=-1, dtype=bool))
    kept = generator.random(len(possible)) < draw(st.floats(0.0, 0.3))
    bonds = possible[kept].astype(np.int32)
    return bonds, generator.uniform(0.1, 2.0, len(bonds)), node_count, draw(st.integers(1, 9))


@settings(deadline=None, max_examples=50)
@given(scattered_networks())
def test_rows_hold_the_matrix(network):
    bonds, stiffness, node_count, rows_per_block = network
    rows = blocked_rows(bonds, stiffness, node_count, rows_per_block=rows_per_block)
    widths = np.repeat(rows.run_width, (rows.run_stop - rows.run_start).astype(int)).astype(int)
    start = np.concatenate([[0], np.cumsum(widths)])
    np.testing.assert_array_equal(rows.run_entry, start[rows.run_start.astype(int)])
    adjacency = csr_array((rows.weight, rows.neighbour.astype(np.int64), start), shape=(node_count, node_count))
    expected = laplacian(bonds, stiffness, node_count).toarray()[np.ix_(rows.order, rows.order)]
    np.testing.assert_allclose(np.diag(adjacency.sum(axis=1)) - adjacency.toarray(), expected, atol=1e-14)
    np.testing.assert_array_equal(np.sort(rows.order), np.arange(node_count))
    np.testing.assert_array_equal(rows.order // rows_per_block, np.arange(node_count) // rows_per_block)


@settings(deadline=None, max_examples=50)
@given(scattered_networks(), st.integers(1, 7))
def test_wavefront_respects_what_each_step_needs(network, depth):
    bonds, stiffness, node_count, rows_per_block = network
    rows = blocked_rows(bonds, stiffness, node_count, rows_per_block=rows_per_block)
    blocks, steps = wavefront(rows, depth)
    linked = {block: {block} for block in range(rows.block_count)}
    for first, second in bonds // rows_per_block:
        linked[first].add(second)
        linked[second].add(first)
    done = np.zeros(rows.block_count, dtype=int)
    for block, step in zip(blocks, steps, strict=True):
        assert done[block] == step
        assert all(done[other] >= step for other in linked[block])
        done[block] += 1
    assert (done == depth).all()


def test_wavefront_goes_deep_before_it_goes_on():
    node_count = 1000
    chain = np.stack([np.arange(node_count - 1), np.arange(1, node_count)], axis=-1).astype(np.int32)
    rows = blocked_rows(chain, np.ones(len(chain)), node_count, rows_per_block=10)
    blocks, steps = wavefront(rows, 4)
    assert np.ptp(blocks[np.flatnonzero(steps == 3)[0] - 6 : np.flatnonzero(steps == 3)[0] + 1]) <= 3
