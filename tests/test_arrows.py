"""Which package may import which: the table of the layout, held against the code."""

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.source_trees import parse_source

# From left to right: each row may import the rows below it. Packages of one row may not import
# each other, but for those of the first.
LAYERS = (
    ("bot.cli", "bot.app", "bot.__main__"),
    # Modules that work on all kinds of rows. Each stands in the package of its subject, and may
    # import more than the rest of that package.
    (
        "bot.jobs.worker",
        "bot.jobs.scheduler",
        "bot.audit.verify",
        "bot.tasks.run",
        "bot.tasks.message_reading",
        "bot.tasks.draft_revisions",
        "bot.db.models",
    ),
    ("bot.slack",),
    ("bot.digests",),
    ("bot.approvals",),
    ("bot.delivery",),
    ("bot.tasks",),
    ("bot.agent",),
    ("bot.offline",),
    ("bot.grounding",),
    ("bot.drafts",),
    ("bot.audiences",),
    ("bot.data",),
    ("bot.messages",),
    ("bot.audit", "bot.jobs"),
    ("bot.db",),
    ("bot.web",),
    ("bot.core",),
    ("bot.config", "bot.privacy"),
    ("bot.errors",),
    ("bot.i18n",),
    ("bot.text",),
)

# Single imports against the layers, each with its reason.
EXCEPTIONS = {
    ("bot.agent.spending", "bot.tasks.models"),  # whose calls count for a person: their tasks'
    ("bot.db.session", "bot.audit.journal"),  # whose signer the database has
    ("bot.db.session", "bot.audit.transactions"),  # every commit settles the journal
    ("bot.db.migrations.env", "bot.db.models"),  # Alembic's list of tables
    ("bot.jobs.engine", "bot.messages.outbox"),  # which lets go of dead processes' messages
}

HANDLERS = ("bot.agent.context", "bot.core", "bot.grounding", "bot.i18n", "bot.text")
ROWS = ("models", "outbox", "decision", "journal", "receipt", "draft_versions")  # that it may read
PLAYGROUND = (
    "bot.playground",
    "bot.config",
    "bot.core",
    "bot.i18n",
    "bot.text",
    "bot.errors",
    "bot.db",
    "bot.slack",
    "bot.agent.skills",
)

# Packages of others that one place alone may import.
ALONE = {
    "dbos": "bot.jobs.engine",
    "anthropic": "bot.agent.llm.*",
    "slack_bolt": "bot.slack.*",
    "slack_sdk": "bot.slack.*",
    "apscheduler": "bot.jobs.scheduler",
    "ibis": "bot.data.*",
    "duckdb": "bot.data.*",
}
IO = {"sqlalchemy", "aiohttp", "sqlite3", "socket", "subprocess", "requests", "httpx", "psycopg"}
PURE = (
    "bot.core",
    "bot.i18n",
    "bot.text",
    "bot.errors",
    "bot.privacy",
    "handlers",
)


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


FILES = {module(p): p for p in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/*.py")])}


@cache
def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parse_source(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in below if name in FILES} or {node.module}
    return found


def is_in(name: str, *packages: str) -> bool:
    return any(name == one or name.startswith(one + ".") for one in packages)


def layer(name: str) -> tuple[int, str] | None:
    """The row of a module, and the package of that row that it is in: the longest that fits."""
    fitting = [
        (len(package), number, package)
        for number, row in enumerate(LAYERS)
        for package in row
        if is_in(name, package)
    ]
    return max(fitting)[1:] if fitting else None


def may_import(name: str, other: str) -> bool:
    if (name, other) in EXCEPTIONS:
        return True
    if is_in(name, "handlers"):
        return is_in(other, "handlers", *HANDLERS)
    if is_in(name, "bot.playground"):
        return is_in(other, "bot.playground", *PLAYGROUND) or other.rsplit(".", 1)[-1] in ROWS
    if is_in(other, "bot.playground"):
        return is_in(name, "bot.cli")
    mine, theirs = layer(name), layer(other)
    if mine is None or theirs is None:
        return False
    return mine[0] < theirs[0] or mine[1] == theirs[1] or mine[0] == theirs[0] <= 1


def test_every_module_imports_only_what_its_layer_may() -> None:
    wrong = [
        f"{name} may not import {other}"
        for name, path in FILES.items()
        for other in sorted(imports(path) & FILES.keys() - {"bot"})
        if name != "bot" and not may_import(name, other)
    ]
    assert not wrong, "\n".join(wrong)


def test_guarded_packages_are_imported_in_their_one_place() -> None:
    for name, path in FILES.items():
        for package in {other.split(".")[0] for other in imports(path)}:
            if package in ALONE:
                assert fnmatch(name, ALONE[package]), f"{name} may not import {package}"
            if package in IO:
                assert not is_in(name, *PURE), f"{name} may do no I/O"


def test_the_environment_is_read_in_settings_alone() -> None:
    for name, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        if name != "bot.config.settings" and not is_in(name, "bot.playground"):
            assert "os.environ" not in text, name
            assert "getenv" not in text, name


def test_only_six_modules_lie_directly_in_bot() -> None:
    direct = {path.name for path in (ROOT / "bot").glob("*.py")}
    assert direct <= {"__init__.py", "__main__.py", "app.py", "errors.py"}


def test_the_table_is_held_against_real_files() -> None:
    assert len(FILES) > 40
    assert imports(FILES["bot.agent.request_state"]) >= {"bot.config.brand", "bot.core.facts"}


def test_context_of_a_skill_is_known_only_to_what_writes_with_it() -> None:
    """What the context is made of does not import it, not even for its types."""
    users = {
        name
        for name, path in FILES.items()
        if is_in(name, "bot.agent") and "bot.agent.context" in imports(path)
    }
    writers = {"bot.agent.report_writer", "bot.agent.digest_wording"}
    assert users == {"bot.agent.pipeline", "bot.agent.skills", *writers}  # skills: a handler's type
