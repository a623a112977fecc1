"""Where the project and the real data beside it lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"  # real files; the tests of them are skipped without it
