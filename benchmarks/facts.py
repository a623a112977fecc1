"""`facts KIND` on the sample shop, from the shell and back: the first time ever, and when the
intern has looked its new rows through (it does a minute after they came)."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import Figure
from bot.cli.play import PlaygroundHome
from bot.config.settings import Settings
from bot.data.analyses.cache import RESULTS_FOLDER, ResultCache
from bot.data.service import list_analyses
from bot.playground.slack_objects import TEAM_ID
from tests.support.paths import ROOT

BIN = Path(sys.executable).parent / "super-intern"
RUNS = 3
AIM = 2  # seconds


def facts() -> list[Figure]:
    """The median of three, beside a Python that loads ibis with DuckDB and does nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = PlaygroundHome(Settings.read({"SUPER_INTERN_HOME": folder}))
        home.fill_in_subprocess(datetime.now(UTC).date())
        bare = _median("", sys.executable, "-c", "import ibis; ibis.duckdb.connect()")
        figures = []
        for kind in list_analyses():
            asked = (str(BIN), "facts", kind, "--json", "--workspace", TEAM_ID)
            cold = _median(str(home.folder), *asked, forget=True)
            known = _median(str(home.folder), *asked)
            beside = f"the first time {cold:.2f} s; bare ibis {bare:.2f} s"
            figures.append(Figure(f"facts {kind}", known, "s", AIM, beside))
            figures.append(Figure(f"facts {kind}, the first time", cold, "s", AIM, beside))
        return figures


def _median(home: str, *command: str, forget: bool = False) -> float:
    times = []
    for _ in range(RUNS):
        if forget:
            for found in Path(home).glob(f"library/*/{RESULTS_FOLDER}"):
                ResultCache(found.parent).clear()
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, cwd=ROOT, env={"SUPER_INTERN_HOME": home})
        times.append(time.perf_counter() - began)
    return sorted(times)[RUNS // 2]
