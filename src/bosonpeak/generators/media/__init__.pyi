from .bloch_bands import bloch_spectrum as bloch_spectrum
from .elastic_medium import ElasticMedium as ElasticMedium
from .elastic_medium import modulated_medium as modulated_medium
from .random_medium import correlated_medium as correlated_medium
