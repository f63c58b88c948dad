import numpy as np

from bosonpeak.generators.random_streams import random_stream


def test_streams_are_named_by_numbers_below_their_seed():
    seed = np.random.SeedSequence(5, spawn_key=(1, 2))
    stream = random_stream(seed, 3, 4)
    assert (stream.entropy, stream.spawn_key) == (5, (1, 2, 3, 4))
    assert random_stream(random_stream(seed, 3), 4).generate_state(2).tolist() == stream.generate_state(2).tolist()


def test_streams_neither_depend_on_each_other_nor_on_their_order():
    seed = np.random.SeedSequence(5)
    first, second, again = (np.random.default_rng(random_stream(seed, k)).random() for k in (0, 1, 0))
    assert first == again != second
