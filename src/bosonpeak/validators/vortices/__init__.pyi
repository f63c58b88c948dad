from .cores import vortex_cores as vortex_cores
from .curl_content import enstrophy_extent as enstrophy_extent
from .curl_content import vorticity as vorticity
from .curl_content import vorticity_of_ensemble as vorticity_of_ensemble
from .mode_kinds import judged_modes as judged_modes
from .stress_and_vorticity import particle_stresses as particle_stresses
from .stress_and_vorticity import stress_correlations as stress_correlations
from .stress_and_vorticity import stress_vorticity as stress_vorticity
