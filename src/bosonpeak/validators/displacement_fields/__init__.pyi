from .helmholtz import helmholtz_decomposition as helmholtz_decomposition
from .local_strain import local_strains as local_strains
