"""``python -m bosonpeak``."""

import sys

from bosonpeak.benchmark.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
