from .intervals import jackknife_interval as jackknife_interval
from .intervals import mean_interval as mean_interval
