from .glasses.elastic_moduli import elastic_moduli as elastic_moduli
from .glasses.hessian import hessian as hessian
from .glasses.inherent_structure import minimise as minimise
from .glasses.normal_modes import glass_normal_modes as glass_normal_modes
from .glasses.pair_stresses import pair_stresses as pair_stresses
from .glasses.projected_hessian import ProjectedHessian as ProjectedHessian
from .liquids.relaxation_times import relaxation_run as relaxation_run
from .liquids.relaxation_times import relaxation_time as relaxation_time
from .liquids.swap_monte_carlo import random_configuration as random_configuration
from .liquids.swap_monte_carlo import swap_monte_carlo as swap_monte_carlo
from .media.bloch_bands import bloch_spectrum as bloch_spectrum
from .media.elastic_medium import ElasticMedium as ElasticMedium
from .media.elastic_medium import modulated_medium as modulated_medium
from .networks.density_of_states import kernel_polynomial_dos as kernel_polynomial_dos
from .networks.dynamical_matrix import connected_component_labels as connected_component_labels
from .networks.effective_stiffness import effective_stiffness as effective_stiffness
from .networks.mode_counts import count_below as count_below
from .networks.nine_node_toy import nine_node_toy as nine_node_toy
from .networks.nine_node_toy import on_node_response as on_node_response
from .networks.normal_modes import normal_modes as normal_modes
from .networks.spring_network import SpringNetwork as SpringNetwork
from .nulls.displacement_fields import breathing_patch as breathing_patch
from .nulls.displacement_fields import degenerate_waves as degenerate_waves
from .nulls.displacement_fields import gaussian_fields as gaussian_fields
from .nulls.displacement_fields import point_vortices as point_vortices
from .nulls.displacement_fields import rotating_patch as rotating_patch
from .nulls.displacement_fields import white_fields as white_fields
from .particles.potentials import Harmonic as Harmonic
from .particles.potentials import InversePower as InversePower
from .particles.potentials import LennardJones as LennardJones
from .run.ensemble import generate_ensemble as generate_ensemble
from .run.recipe import available_recipes as available_recipes
from .run.recipe import load_recipe as load_recipe
from .theories.heterogeneous_elasticity.boson_peak import (
    heterogeneous_elasticity_boson_peak as heterogeneous_elasticity_boson_peak,
)
from .theories.heterogeneous_elasticity.finite_samples import spectral_gap as spectral_gap
from .theories.heterogeneous_elasticity.marginal_stability import critical_disorder as critical_disorder
from .theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity as heterogeneous_elasticity
from .theories.heterogeneous_elasticity.stress_coupling import (
    generalised_heterogeneous_elasticity as generalised_heterogeneous_elasticity,
)
from .theories.heterogeneous_elasticity.stress_law import pair_stress_law as pair_stress_law
from .theories.quasi_equilibrium import quasi_equilibrium as quasi_equilibrium
