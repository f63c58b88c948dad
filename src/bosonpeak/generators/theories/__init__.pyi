from .heterogeneous_elasticity.boson_peak import (
    heterogeneous_elasticity_boson_peak as heterogeneous_elasticity_boson_peak,
)
from .heterogeneous_elasticity.finite_samples import spectral_gap as spectral_gap
from .heterogeneous_elasticity.marginal_stability import critical_disorder as critical_disorder
from .heterogeneous_elasticity.stress_coupling import (
    generalised_heterogeneous_elasticity as generalised_heterogeneous_elasticity,
)
from .heterogeneous_elasticity.stress_law import pair_stress_law as pair_stress_law
from .heterogeneous_elasticity.unstable_media import level_density as level_density
