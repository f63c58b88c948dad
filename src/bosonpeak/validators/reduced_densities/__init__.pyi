from .debye_scaling import peak_over_debye as peak_over_debye
from .debye_scaling import peak_scaling as peak_scaling
from .degrees_above_debye import excess_participation as excess_participation
