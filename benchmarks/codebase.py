"""How much there is to read: files, lines, names, and the files that one request runs through.

python -m benchmarks.codebase [FOLDER OF A CHECKOUT]
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.table import percentile

OFFLINE = "bot/offline"
REQUESTS = {
    "one draft": "draft|e-mail: our linen shirt is back",
    "one question about sales": "answer|how much did we sell by country?",
}
# Runs `super-intern try` and prints how many files of ours had a function called, not counting what
# is called while a module is imported.
COUNT_FILES = """
import sys, threading
root, words = sys.argv[1], sys.argv[2]
files, here = set(), threading.local()
def note(frame, event, _):
    code, importing = frame.f_code, getattr(here, "importing", 0)
    if code.co_name == "<module>" and event in ("call", "return"):
        here.importing = importing + (1 if event == "call" else -1)
    elif event == "call" and not importing and code.co_flags & 1:  # a function, and no class
        files.add(code.co_filename)
sys.path.insert(0, root)
threading.setprofile(note)
sys.setprofile(note)
from bot.__main__ import main
try:
    main(["try", *words.split("|")])
except SystemExit:
    pass
finally:
    sys.setprofile(None)
ours = [f for f in files if f.startswith((root + "/bot/", root + "/handlers/"))]
print("FILES", len(ours), *sorted(ours))
"""


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    every = sorted([*root.glob("bot/**/*.py"), *root.glob("handlers/**/*.py")])
    offline = [path for path in every if path.relative_to(root).as_posix().startswith(OFFLINE)]
    for name, paths in (("bot and handlers", every), ("of these, bot/offline", offline)):
        lines = [_count_lines(path) for path in paths]
        print(f"{name}: {len(paths)} files, {sum(lines)} lines", end="")
        if lines:
            middle, long = statistics.median(lines), percentile([float(n) for n in lines], 0.9)
            print(f"; a file has {middle:.0f} lines at the median, {long:.0f} at p90", end="")
        print()
    direct = [path.name for path in root.glob("bot/*.py")]
    print(f"modules directly in bot: {len(direct)}")
    names = Counter(path.stem for path in every if path.stem != "__init__")
    often = {name: count for name, count in sorted(names.items()) if count > 2}
    print(f"module names that occur more than twice: {often or 'none'}")
    print(f"'fmt: skip': {_count(every, r'# fmt: (skip|off)')}")
    any_count = _count(every, r"\bAny\b")
    print(f"'Any' as a word: {any_count}")
    for name, words in REQUESTS.items():
        print(f"files that {name} runs through: {_files_touched(root, words)}")


def _count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _count(paths: Iterable[Path], pattern: str) -> int:
    return sum(len(re.findall(pattern, path.read_text(encoding="utf-8"))) for path in paths)


def _files_touched(root: Path, words: str) -> str:
    """How many files of the checkout had a function called by `super-intern try`."""
    with tempfile.TemporaryDirectory() as home:
        sample = Path(home) / "products.csv"
        sample.write_text("handle,title,price\nlinen-shirt,Linen shirt,49.00\n", encoding="utf-8")
        orders = Path(home) / "orders.csv"
        rows = [f"{n},2026-11-{n % 20 + 1:02},C{n},linen-shirt,1,49.00,FR" for n in range(1, 200)]
        head = "order_id,date,customer,product,quantity,amount,country"
        orders.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        environment = {**os.environ, "SUPER_INTERN_HOME": home, "PYTHONPATH": str(root)}
        for path in (sample, orders):
            told = [sys.executable, "-m", "bot", "import", "--yes", "--currency", "EUR", str(path)]
            subprocess.run(told, cwd=root, env=environment, check=False, capture_output=True)
        told = [sys.executable, "-c", COUNT_FILES, str(root), words]
        done = subprocess.run(
            told, cwd=root, env=environment, check=False, capture_output=True, text=True
        )
    found = re.search(r"FILES (\d+)", done.stdout)
    return found[1] if found else f"not measured: {done.stderr.strip()[-200:]}"


if __name__ == "__main__":
    main()
