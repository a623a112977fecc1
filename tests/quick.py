"""The product with a clock that wakes every second instead of every minute."""

import sys

from bot import clock
from bot.__main__ import main

clock.EVERY = 1

if __name__ == "__main__":
    sys.exit(main())
