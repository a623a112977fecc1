"""The table that `make bench` prints."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure, what was aimed at, and what it stands beside."""

    name: str
    measured: float
    unit: str
    aim: float | None = None
    anchor: str = ""
    at_least: bool = False  # the aim is a floor, not a ceiling

    @property
    def met(self) -> bool | None:
        if self.aim is None:
            return None
        return self.measured >= self.aim if self.at_least else self.measured <= self.aim


def print_table(figures: Iterable[Figure]) -> int:
    """Print each figure as soon as it is measured; return how many missed their aim."""
    print(f"{'figure':<58} {'measured':>12} {'aim':>10}  anchor")
    missed = 0
    for f in figures:
        sign = ">=" if f.at_least else "<="
        aim = f"{sign} {f.aim:g}" if f.aim is not None else ""
        mark = {True: "", False: "  MISSED", None: ""}[f.met]
        line = f"{f.name:<58} {f.measured:>9.4g} {f.unit:<3} {aim:>9}  {f.anchor}{mark}"
        print(line, flush=True)
        missed += f.met is False
    return missed


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak() -> float:
    """The most memory this process has held, in bytes. Linux hands `ru_maxrss` on from the process
    that started it; what stands here begins with the program."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = dict(line.split(":", 1) for line in lines)["VmHWM"]
    return int(held.split()[0]) * 1024
