"""The paths of the project and of the real data beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"  # real files; the tests of them are skipped without it
