from .claim import Claim as Claim
from .verdicts import judge as judge
