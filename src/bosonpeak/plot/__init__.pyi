from .densities import density as density
from .densities import reduced_density as reduced_density
from .exponents import cumulative_count as cumulative_count
from .exponents import forest as forest
from .exponents import local_exponent as local_exponent
from .mode_picture import mode_figure as mode_figure
from .mode_statistics import level_spacings as level_spacings
from .mode_statistics import participation as participation
