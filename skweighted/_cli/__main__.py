"""`python -m skweighted._cli`."""

import sys

from skweighted._cli import main

sys.exit(main())
