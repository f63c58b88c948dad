from .arrest import arrest_temperature as arrest_temperature
from .arrest import swap_speed_up as swap_speed_up
from .liquid_equilibration import Equilibration as Equilibration
from .liquid_equilibration import equilibration as equilibration
from .mechanical_soundness import mechanics as mechanics
from .mechanical_soundness import mechanics_of_sample as mechanics_of_sample
from .mechanical_soundness import unsound as unsound
from .pair_stress_tensors import pair_stress_tensors as pair_stress_tensors
