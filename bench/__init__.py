"""The benchmarks: the numbers that have a target, each beside its floor in the same run. `make bench`."""

import sys

from tools.setup import ROOT

# Where `mediaforge` is: the functions are deployed from their folder, not installed.
sys.path.append(str(ROOT / "functions"))
