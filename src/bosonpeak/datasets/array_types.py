"""Type aliases of arrays by element type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
IntegerArray = NDArray[np.int64]
IndexArray = NDArray[np.int32]
BooleanArray = NDArray[np.bool_]
