"""CHGNet and SevenNet-0 in double and single precision, for the track vibrations; their weights come in their wheels.

pip install 'bosonpeak[ase]' torch==2.13.0 chgnet==0.4.2 sevenn==0.13.0
cd examples/vibrations
bosonpeak conformance run --track vibrations --ase learned_potentials:chgnet --answers results/chgnet
bosonpeak conformance run --track vibrations --ase learned_potentials:sevennet --answers results/sevennet

Both packages have single precision as a constant in their modules; here it is replaced while a calculator works.
"""

from contextlib import ExitStack
from functools import partial
from unittest.mock import patch

import torch

FLOAT = {"single": torch.float32, "double": torch.float64}


def chgnet(structure, precision="single"):
    """B. Deng and others, Nature Machine Intelligence 5, 1031 (2023)."""
    from chgnet.model import CHGNet
    from chgnet.model.dynamics import CHGNetCalculator

    class Calculator(CHGNetCalculator):
        def calculate(self, *arguments, **options):
            with ExitStack() as replaced:
                for module in ("graph.converter", "graph.crystalgraph", "model.model"):
                    replaced.enter_context(patch(f"chgnet.{module}.TORCH_DTYPE", FLOAT[precision]))
                super().calculate(*arguments, **options)

    model = CHGNet.load(verbose=False).to(FLOAT[precision])
    model.composition_model.float()  # a constant of the composition, for which the package makes single-precision input
    return Calculator(model=model, use_device="cpu")


def sevennet(structure, precision="single"):
    """Y. Park and others, Journal of Chemical Theory and Computation 20, 4857 (2024)."""
    import sevenn.util
    from sevenn.calculator import SevenNetCalculator

    to_arrays = partial(sevenn.util.dtype_correct, float_dtype=FLOAT[precision])

    class Calculator(SevenNetCalculator):
        def calculate(self, *arguments, **options):
            with patch("sevenn.util.dtype_correct", to_arrays):
                super().calculate(*arguments, **options)

    def with_precision(module, arguments):
        (graph,) = arguments
        graph["x"] = graph["x"].to(FLOAT[precision])

    calculator = Calculator(device="cpu")
    calculator.model.to(FLOAT[precision])
    calculator.model.onehot_to_feature_x.register_forward_pre_hook(with_precision)  # species come in single precision
    return calculator
