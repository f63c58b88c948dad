from .relaxation_times import relaxation_run as relaxation_run
from .relaxation_times import relaxation_time as relaxation_time
