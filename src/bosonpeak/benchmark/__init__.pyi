from . import cards as cards
from . import conformance as conformance
from . import figures as figures
from . import judging as judging
from . import scorecards as scorecards
from .judging.claim_file import load_claims as load_claims
from .judging.verification import verify as verify
from .scoring.submission_score import score as score
