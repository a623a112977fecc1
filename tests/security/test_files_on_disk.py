"""Files on the disk: their permissions and the personal data in them."""

import os
import random
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import Container
from bot.config.settings import Settings
from bot.data.analyses.cache import NO_FACTS_EXIT_CODE
from bot.data.ingest.watch_folder import WatchFolder
from bot.data.private_files import (
    LEFTOVER_PATTERNS,
    LOCK,
    TEMPORARY,
    private_process,
    restrict_permissions,
)

FIRST, LAST = "Zebulon", "Quirkemann"
MAIL, STREET = "zebulon@canary.example", "17 Canary Lane"
CANARIES = (FIRST, LAST, "canary", STREET)
HEAD = "order,date,customer name,email,address,product,quantity,total,currency\n"
GOOD = f"A{{n}},2026-11-2{{d}},{FIRST} {LAST},{MAIL},{STREET},LIN-ALBA,1,62.00,EUR\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of a process whose account lets everybody read its files."""
    found = tmp_path / "home"
    monkeypatch.setenv("SUPER_INTERN_HOME", str(found))
    mask = os.umask(0)
    yield found
    os.umask(mask)


def bad_rows(random: random.Random, most: int) -> Iterator[str]:
    """Rows about a person that are rejected, each for another reason."""
    person = [f"{FIRST} {LAST}", MAIL, STREET]
    for n in range(most):
        cells = [f"B{n}", "2026-11-20", *person, "LIN-ALBA", "1", "62.00", "EUR"]
        kind = random.choice(("date", "amount", "short", "long", "quote", "moved"))
        if kind == "date":
            cells[1] = random.choice(("32/13/2026", "never", f"{LAST}", MAIL))
        elif kind == "amount":
            cells[7] = random.choice(("a lot", f"{FIRST} {LAST}", MAIL, LAST))
        elif kind == "short":
            del cells[random.randrange(9)]
        elif kind == "long":
            cells.insert(random.randrange(9), random.choice(person))
        elif kind == "quote":
            cells[2] = f'"{cells[2]}'
        else:
            cells[1], cells[2] = cells[2], cells[1]
        yield ",".join(cells) + "\n"


def loose(home: Path) -> list[str]:
    """Files that another account could read or write."""
    found = []
    for path in (home, *home.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if not path.is_symlink() and mode & 0o077:
            found.append(f"{mode:o} {path.relative_to(home)}")
    return found


def telling(home: Path) -> list[str]:
    """Files that contain a person's data, except those that a person has to read."""
    found = []
    for path in home.rglob("*"):
        inside = path.relative_to(home).parts
        if path.is_file() and inside[:2] != ("inbox", "refused"):
            stored = path.read_bytes().decode("latin-1")
            found += [f"{path.name}: {one}" for one in CANARIES if one.lower() in stored.lower()]
    return found


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.sample(3)
def test_files_hold_no_names_and_are_private_after_imports(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rows = HEAD + "".join(GOOD.format(n=n, d=n % 5) for n in range(9))
    rows += "".join(bad_rows(random.Random(seed), 30))
    assert main(["import", "--yes", str(put(tmp_path, "orders.csv", rows))]) == 1
    assert main(["facts", "all"]) == NO_FACTS_EXIT_CODE  # too few rows for any
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", -1.0)
    house = Container(Settings.read())
    put(home / "inbox", "more.csv", rows.replace("A1,", "C1,"))
    put(home / "inbox", "what.csv", f"{FIRST} {LAST},{MAIL}\n{FIRST} {LAST},{MAIL}\n")
    with private_process(home):
        WatchFolder(house).process()
    house.database.close()
    assert main(["doctor"]) == 1
    assert loose(home) == []
    assert telling(home) == []
    assert not (home / "inbox" / "done" / "more.csv").exists()
    assert (home / "inbox" / "refused" / "what.csv").exists()


def test_rejected_row_can_still_be_found(home: Path, tmp_path: Path) -> None:
    rows = HEAD + GOOD.format(n=1, d=1) + GOOD.format(n=2, d=1).replace("62.00", "a lot")
    main(["import", "--yes", str(put(tmp_path, "orders.csv", rows))])
    told = (home / "rejects" / "orders.rejects.csv").read_text("utf-8-sig").splitlines()[1]
    assert told.startswith("3,total,is no amount,")
    assert "A2,2026-11-21,(left out),(keyed),(left out),LIN-ALBA,1," in told


def test_old_files_are_made_private_at_start(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = put(tmp_path, "elsewhere.txt", "somebody else's")
    elsewhere.chmod(0o644)
    made = random.Random(7)
    for n in range(60):
        folder = home.joinpath(*made.choices(("library", "T1", "orders", "rejects"), k=n % 4))
        put(folder, f"{n}.csv", "x").chmod(made.choice((0o644, 0o666, 0o640, 0o777, 0o604)))
    (home / "link.txt").symlink_to(elsewhere)
    (home / "folder").symlink_to(tmp_path)
    assert loose(home)
    main(["doctor"])
    assert "could be read by others" in capsys.readouterr().err
    assert loose(home) == []
    assert stat.S_IMODE(elsewhere.lstat().st_mode) == 0o644
    main(["doctor"])
    assert capsys.readouterr().err == ""


def test_files_in_a_shared_inbox_keep_their_permissions(home: Path) -> None:
    put(home, "policy.toml", "[library]\nshared_inbox = true\n")
    waits = put(home / "inbox" / "T0SHOP", "orders.csv", HEAD)
    kept = put(home / "inbox" / "done", "orders.csv", HEAD)
    (home / "inbox").chmod(0o777)
    main(["doctor"])
    assert stat.S_IMODE(home.stat().st_mode) == 0o711
    assert stat.S_IMODE((home / "inbox").stat().st_mode) == 0o777
    assert stat.S_IMODE(waits.stat().st_mode) == 0o666
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_temporary_files_of_a_killed_process_are_removed_at_start(home: Path) -> None:
    left = [
        *(home / TEMPORARY / "super-intern-rows-1" / "rows.csv", home / "import-x" / "rows.csv"),
        home / "arrivals" / "a1" / "made" / "trial.parquet",
        *(home / "library" / ".spill" / "x" / "1.tmp", home / "library" / "T1" / "x" / "1.part"),
        *(home / "live" / "T1" / "x" / ".1.part", home / "live" / "T1" / "x" / "merging-1.parquet"),
    ]
    stays = put(home / "library" / "T1" / "x", "1.parquet", "rows")
    for path in left:
        put(path.parent, path.name, MAIL)
    with private_process(home) as removed:
        assert removed >= len(left)
        assert not [path for path in left if path.exists()]
    assert stays.exists()


def test_temporary_files_of_a_running_process_are_kept(home: Path) -> None:
    work = (
        "import sys, tempfile, pathlib\n"
        "from bot.data.private_files import private_process\n"
        "with private_process(pathlib.Path(sys.argv[1])):\n"
        "    folder = tempfile.mkdtemp()\n"
        "    print(folder, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", work, str(home)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        assert folder.is_relative_to(home / TEMPORARY)
        with private_process(home) as removed:
            assert (removed, folder.exists()) == (0, True)
        other.kill()
        other.wait()
    with private_process(home):
        assert not folder.exists()


def test_only_files_matching_a_pattern_are_removed() -> None:
    assert LOCK == ".lock"
    assert all("*" in pattern and not pattern.startswith("*") for pattern in LEFTOVER_PATTERNS[:-1])


def test_files_that_cannot_be_made_private_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "theirs.csv", "x").chmod(0o644)

    def refuse(opened: int, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    found = restrict_permissions(tmp_path)
    assert "theirs.csv" in found.stuck
    assert "belongs to another account" in " ".join(found.lines(tmp_path))
