"""Runs every benchmark and prints its table. `python -m benchmarks line` runs one of them."""

import asyncio
import inspect
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

from benchmarks.table import Figure, print_table
from tests.support.paths import ROOT

BIN = Path(sys.executable).parent / "super-intern"


def start() -> list[Figure]:
    """Whole commands, from the shell and back: the median of 5, beside a bare Python."""
    bare = _median(sys.executable, "-c", "pass")
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        beside = f"bare Python {bare:.2f} s"
        helped = _median(str(BIN), "--help")
        tried = _median(str(BIN), "try", "draft", "our linen shirt is back", home=home)
    return [
        Figure("super-intern --help", helped, "s", 0.3, beside),
        Figure("super-intern try draft", tried, "s", 2, beside),
    ]


def _median(*command: str, home: str = "") -> float:
    times = []
    for _ in range(6):
        began = time.perf_counter()
        subprocess.run(
            command, check=True, capture_output=True, cwd=ROOT, env={"SUPER_INTERN_HOME": home}
        )
        times.append(time.perf_counter() - began)
    return sorted(times[1:])[2]


BENCHMARKS = {
    "start": "benchmarks.__main__:start",
    "line": "benchmarks.line:line",
    "loop": "benchmarks.loop:loop",
    "page": "benchmarks.page:page",
    "crowd": "benchmarks.crowd:crowds",
    "fairness": "benchmarks.fairness:fairness",
    "import": "benchmarks.library_import:library_import",
    "live": "benchmarks.live:live",
    "fresh": "benchmarks.fresh:fresh",
    "alerts": "benchmarks.alerts:alerted",
    "segments": "benchmarks.library_segments:segments",
    "trends": "benchmarks.library_trends:trends",
    "feedback": "benchmarks.library_feedback:feedback",
    "facts": "benchmarks.facts:facts",
    "metrics": "benchmarks.metrics:metrics",
    "digest": "benchmarks.digest:digest",
    "skills": "benchmarks.skills:skills",
    "checks": "benchmarks.checks:checks",
}


def measured(name: str) -> Iterable[Figure]:
    """One benchmark's figures; its module is loaded only now."""
    module, _, function = BENCHMARKS[name].partition(":")
    figures = getattr(import_module(module), function)()
    return cast(Iterable[Figure], asyncio.run(figures) if inspect.iscoroutine(figures) else figures)


def main() -> int:
    """Each benchmark's table as soon as it is measured, so that a later failure loses none."""
    missed = 0
    for name in sys.argv[1:] or list(BENCHMARKS):
        print(f"measuring {name} ...", flush=True)
        missed += print_table(measured(name))
    return missed


if __name__ == "__main__":
    sys.exit(min(1, main()))
