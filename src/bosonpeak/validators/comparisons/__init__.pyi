from .sample_repetitions import repeated_samples as repeated_samples
from .selection import missing_tail as missing_tail
from .two_sample import Comparison as Comparison
