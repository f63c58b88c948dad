from .digits import score_answers as score_answers
from .digits import score_code as score_code
from .simulation_code import SimulationCode as SimulationCode
