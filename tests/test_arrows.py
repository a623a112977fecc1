"""An arrow between files …"""

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Groups of files. The first pattern that fits names a file's group.
GROUPS = {
    "door": ("bot.__main__", "bot.doors", "bot.doors.*", "bot.local_data"),
    "play": ("bot.play", "bot.play.*"),
    "slack": ("bot.slack", "bot.slack.*", "bot.web_server"),
    "writers": ("bot.writers", "bot.writers.*"),
    "library": ("bot.library", "bot.library.*"),
    "handlers": ("handlers", "handlers.*"),
    "migrations": ("bot.migrations", "bot.migrations.*", "bot.migrate", "bot.rows"),
    "engine": ("bot.engine", "bot.fairness", "bot.queues", "bot.reviving"),
    "clock": ("bot.clock",),
    "worker": (
        "bot.addresses",
        "bot.alerting",
        "bot.digesting",
        "bot.spending",
        "bot.stock",
        "bot.stocktaking",
        "bot.workbench",
        "bot.worker",
        "bot.working",
    ),
    "line": ("bot.drafting", "bot.intake", "bot.intake.*"),
    "desk": ("bot.desk", "bot.writer"),
    "skills": ("bot.skills",),
    "settings": ("bot.missing", "bot.mistakes", "bot.settings", "bot.toml_*"),
    "rows": (
        "bot.alert",
        "bot.arrival",
        "bot.arrival_verdicts",
        "bot.batch",
        "bot.db",
        "bot.decision",
        "bot.delivery",
        "bot.draft",
        "bot.drawing",
        "bot.halves",
        "bot.holding",
        "bot.job",
        "bot.joining",
        "bot.journal",
        "bot.outcome",
        "bot.policy_in_force",
        "bot.post",
        "bot.product",
        "bot.receipt",
        "bot.recorded",
        "bot.row_digests",
        "bot.sales_answer",
        "bot.schedule",
        "bot.task",
        "bot.versions",
        "bot.visibility",
        "bot.week",
        "bot.workspace",
    ),
    "nouns": ("bot", "bot.*"),  # everything else is pure
}
EVERYTHING = set(GROUPS)

# Who may import whom; the same group is always allowed.
ARROWS = {
    "door": EVERYTHING,
    "play": {"settings", "rows", "nouns", "skills"},  # the commands of the app installed
    "slack": {"rows", "nouns", "skills"},
    "writers": {"desk", "nouns"},
    "library": {"desk", "nouns"},
    "handlers": {"desk", "nouns"},
    "migrations": {"rows", "nouns"},
    "engine": {"rows", "nouns"},
    "clock": {"rows", "nouns"},
    "worker": {"line", "skills", "desk", "rows", "nouns"},
    "line": {"desk", "skills", "nouns"},
    "desk": {"nouns"},
    "skills": {"desk", "nouns", "handlers"},
    "settings": {"nouns"},
    "rows": {"desk", "nouns"},
    "nouns": set(),
}

# Packages that one place alone may import.
ALONE = {
    "dbos": "bot.engine",
    "anthropic": "bot.writers.*",
    "slack_bolt": "bot.slack.*",
    "slack_sdk": "bot.slack.*",
    "apscheduler": "bot.clock",
}
IO = {"sqlalchemy", "aiohttp", "sqlite3", "socket", "subprocess", "requests", "httpx", "psycopg"}


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


FILES = {module(p): p for p in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/*.py")])}


def group(name: str) -> str:
    return next(g for g, patterns in GROUPS.items() if any(fnmatch(name, p) for p in patterns))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in below if name in FILES} or {node.module}
    return found


@pytest.mark.parametrize("name", FILES)
def test_goes_only_where_the_table_allows(name: str) -> None:
    mine = group(name)
    ours = {other for other in imports(FILES[name]) if other in FILES and other != "bot"}
    wrong = sorted(o for o in ours if group(o) != mine and group(o) not in ARROWS[mine])
    assert not wrong, f"{name} ({mine}) may not import {', '.join(wrong)}"


@pytest.mark.parametrize("name", FILES)
def test_to_a_guarded_package_starts_in_its_one_place(name: str) -> None:
    for package in {other.split(".")[0] for other in imports(FILES[name])}:
        if package in ALONE:
            assert fnmatch(name, ALONE[package]), f"{name} may not import {package}"
        if package in IO:
            assert group(name) not in ("nouns", "handlers", "desk"), f"{name} may not do I/O"


def test_from_the_environment_ends_in_settings() -> None:
    for name, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        if name != "bot.settings" and not name.startswith("bot.play"):
            assert "os.environ" not in text, name
            assert "getenv" not in text, name


def test_never_leads_to_the_doors() -> None:
    for name, path in FILES.items():
        if group(name) != "door":
            assert "bot.__main__" not in imports(path), name


def test_is_followed_to_real_files() -> None:
    assert len(FILES) > 40
    assert imports(FILES["bot.desk"]) >= {"bot.brand", "bot.evidence"}
