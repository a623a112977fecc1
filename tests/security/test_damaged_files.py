"""Damaged files of the library, the database and the inbox."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import Container
from bot.cli.serve import ServerProcess
from bot.config.clock import now
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.watch_folder import WatchFolder
from bot.data.warehouse.integrity import mark_damaged
from bot.db.sqlite_file import find_database_fault
from bot.errors import CannotDo, TryAgain

pytestmark = pytest.mark.sample(11)

ORDERS = "order,date,product,quantity,total,currency\n" + "".join(
    f"A{n},2026-11-{1 + n % 20:02},LIN-{n % 7},1,62.00,EUR\n" for n in range(2_000)
)
FEEDBACK = "id,date,comment\n" + "".join(
    f"{n},2026-11-{1 + n % 20:02},the colour number {n} is lovely\n" for n in range(200)
)
SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s" * 32,
    "SLACK_API_URL": "http://127.0.0.1:9/api/",  # nobody answers there
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with orders and feedback, created once."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "feedback.csv").write_text(FEEDBACK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPER_INTERN_HOME", str(folder / "home"))
        names = [str(folder / name) for name in ("orders.csv", "feedback.csv")]
        assert main(["import", "--yes", *names]) == 0
    with sqlite3.connect(folder / "home" / "super-intern.db") as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm"):
        (folder / "home" / f"super-intern.db{ending}").unlink(missing_ok=True)
    return folder


@pytest.fixture
def home(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the filled home."""
    shutil.copytree(filled / "home", tmp_path / "home")
    for name, value in SLACK.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


Damage = Callable[[Path, random.Random], None]


def _cut(path: Path, random: random.Random) -> None:
    os.truncate(path, random.randrange(1, path.stat().st_size))


def _empty(path: Path, random: random.Random) -> None:
    path.write_bytes(b"")


def _flip(path: Path, random: random.Random) -> None:
    stored = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 4, 64))):
        stored[random.randrange(len(stored))] ^= 1 << random.randrange(8)
    path.write_bytes(stored)


def _zeros(path: Path, random: random.Random) -> None:
    stored = bytearray(path.read_bytes())
    at = random.randrange(len(stored))
    stored[at : at + 4096] = bytes(len(stored[at : at + 4096]))
    path.write_bytes(stored + b"\0")


def _other(path: Path, random: random.Random) -> None:
    path.write_bytes(random.randbytes(path.stat().st_size))


def _gone(path: Path, random: random.Random) -> None:
    path.unlink()


DAMAGES: tuple[Damage, ...] = (_cut, _empty, _flip, _zeros, _other, _gone)


def parquet(home: Path, kind: str) -> Path:
    return next((home / "library").glob(f"*/{kind}/*.parquet"))


def rows(home: Path, capsys: pytest.CaptureFixture[str], kind: str) -> str:
    capsys.readouterr()
    code = main(["facts", kind])
    told = capsys.readouterr()
    assert "Traceback" not in told.err + told.out
    assert code in (0, 2, 3), told.err  # 3: nothing was found
    return told.out


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_damaged_library_file_is_set_aside_and_others_stay_usable(
    home: Path, filled: Path, capsys: pytest.CaptureFixture[str], damage: Damage, seed: int
) -> None:
    path = parquet(home, "orders")
    named = path.relative_to(home).as_posix()
    damage(path, random.Random(seed))
    assert main(["doctor"]) == 1
    assert f"{named} is damaged" in capsys.readouterr().out
    serving = ServerProcess(Settings.read(), listens=True, works=True)  # starts all the same
    serving.container.database.close()
    assert "damaged since" in rows(home, capsys, "sellers")
    assert "damaged" not in rows(home, capsys, "feedback")
    assert main(["doctor", "--set-aside", named]) == 0
    assert not path.exists()
    assert list((home / "damaged").glob("*/note.txt"))
    assert "damaged since" in rows(home, capsys, "sellers")
    assert main(["import", "--yes", str(filled / "orders.csv")]) == 0
    assert "2,000 new rows" in capsys.readouterr().out
    assert "damaged" not in rows(home, capsys, "sellers")
    assert main(["journal", "verify"]) == 0


def test_damaged_library_file_is_found_by_an_import(
    home: Path, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _cut(parquet(home, "orders"), random.Random(1))
    assert main(["import", "--yes", str(filled / "orders.csv")]) == 0
    assert "2,000 new rows" in capsys.readouterr().out


def test_repaired_library_file_is_read_again(home: Path, tmp_path: Path) -> None:
    path = parquet(home, "orders")
    shutil.copy(path, tmp_path / "whole")
    _cut(path, random.Random(1))
    house = Container(Settings.read()).migrated()
    assert len(mark_damaged(home, house.database, now())) == 1
    assert house.row_store.pool.open("local").damaged
    shutil.copy(tmp_path / "whole", path)
    assert mark_damaged(home, house.database, now()) == []
    assert not house.row_store.pool.open("local").damaged
    house.database.close()


def test_intact_file_is_not_set_aside(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (parquet(home, "orders").relative_to(home).as_posix(), "super-intern.db"):
        assert main(["doctor", "--set-aside", name]) == 2
        assert "is whole" in capsys.readouterr().err
    for name in ("super-intern.key", "../outside", "/etc/passwd"):
        assert main(["doctor", "--set-aside", name]) == 2


def test_lost_rows_are_given_up(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = parquet(home, "orders").relative_to(home).as_posix()
    (home / named).unlink()
    main(["doctor", "--set-aside", named])
    assert main(["doctor", "--give-up", named]) == 0
    assert "damaged" not in rows(home, capsys, "sellers")


def _head(path: Path, random: random.Random) -> None:
    _over(path, random.randrange(0, 16), random.randbytes(16))


def _schema(path: Path, random: random.Random) -> None:
    _over(path, 100, random.randbytes(60))


def _page(path: Path, random: random.Random) -> None:
    page = random.randrange(1, path.stat().st_size // 4096)
    _over(path, page * 4096, random.randbytes(4096))


def _over(path: Path, at: int, stored: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(stored)


def _shorter(path: Path, random: random.Random) -> None:
    os.truncate(path, random.randrange(1, path.stat().st_size // 4096) * 4096 - 7)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "damage", [_head, _schema, _page, _shorter, _empty, _other], ids=lambda one: one.__name__
)
def test_damaged_database_is_set_aside(
    home: Path, filled: Path, capsys: pytest.CaptureFixture[str], damage: Damage, seed: int
) -> None:
    path = home / "super-intern.db"
    damage(path, random.Random(seed))
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert f"The database {path} is damaged" in said
    assert "--set-aside super-intern.db" in said
    assert main(["serve"]) == 2
    told = capsys.readouterr().err
    assert "is damaged" in told
    assert "Traceback" not in told
    assert main(["doctor", "--set-aside", "super-intern.db"]) == 0
    assert main(["import", "--yes", str(filled / "orders.csv")]) == 0
    assert "2,000 new rows" in capsys.readouterr().out
    assert list((home / "damaged").glob("*/library/*/orders/*.parquet"))


def test_database_without_file_but_with_wal_is_reported(home: Path) -> None:
    path = home / "super-intern.db"
    path.rename(home / "super-intern.db-wal")
    assert "is gone" in str(find_database_fault(path))


def test_database_in_use_is_intact(home: Path) -> None:
    house = Container(Settings.read()).migrated()
    with house.database.begin():
        assert find_database_fault(home / "super-intern.db", thorough=True) is None
    house.database.close()


LIMITED = """
import os, resource, sys
from bot.__main__ import main
from bot.cli.import_ import FileImporter
before = FileImporter.read
def limited(*args):
    {limit}
    return before(*args)
FileImporter.read = limited
sys.exit(main(["import", "--yes", sys.argv[1]]))
"""
OPEN_FILES = (
    "n = max(map(int, os.listdir('/proc/self/fd'))) + 1 + {more}; "
    "resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))"
)
LARGE_FILE = "resource.setrlimit(resource.RLIMIT_FSIZE, ({more}, {more}))"


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        *((OPEN_FILES, 0), (LARGE_FILE, 200)),
        *(pytest.param(OPEN_FILES, n, marks=pytest.mark.slow) for n in (1, 2, 3, 5, 8, 13)),
        *(pytest.param(LARGE_FILE, n, marks=pytest.mark.slow) for n in (0, 5_000, 50_000)),
    ],
    ids=lambda value: {OPEN_FILES: "files", LARGE_FILE: "size"}.get(value),
)
def test_machine_limit_is_not_reported_as_damage(limit: str, more: int, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    script = LIMITED.format(limit=limit.format(more=more))
    env = {**os.environ, "SUPER_INTERN_HOME": str(tmp_path / "limited")}
    command = [sys.executable, "-c", script, str(tmp_path / "orders.csv")]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert "damaged" not in ended.stderr + ended.stdout
    assert "Something broke" not in ended.stderr
    assert "Traceback" not in ended.stderr
    if more == 0 or limit == LARGE_FILE:
        assert ended.returncode == 2
    if ended.returncode:
        assert any(sign in ended.stderr for sign in ("open", "ulimit", "limit")), ended.stderr


@pytest.mark.parametrize("number", [23, 24, 28, 122, 12, 5, 13, 27])
@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_failing_disk_is_not_reported_as_damage(
    format: str, number: int, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every opening of the file fails as it would with a failing disk."""
    path = tmp_path / f"orders.{format}"
    head = {"csv": b"a,b\n", "xlsx": b"PK\x03\x04", "parquet": b"PAR1"}[format]
    path.write_bytes(head + b"x" * 100)
    opened = Path.open

    def fail(self: Path, *args: object, **kwargs: object) -> object:
        if self == path:
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", fail)
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", -1.0)
    assert main(["import", "--yes", str(path)]) == 2
    with pytest.raises((OSError, CannotDo, TryAgain)) as told:
        detect_schema(path, name=path.name)
    assert "damaged" not in str(told.value)


def test_inbox_file_waits_while_it_cannot_be_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", -1.0)
    house = Container(Settings.read()).migrated()
    (home / "inbox").mkdir()
    waits = home / "inbox" / "new.csv"
    waits.write_text(ORDERS)
    opened = Path.open

    def fail(self: Path, *args: object, **kwargs: object) -> object:
        if self == waits:
            raise OSError(24, "Too many open files", str(self))
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", fail)
        assert WatchFolder(house).process() == 0
    assert waits.exists()
    assert WatchFolder(house).process() == 1
    house.database.close()
