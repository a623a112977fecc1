"""The documents: what they show works, and what they name exists."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.agent.skills import load_skills
from bot.db.models import TABLES
from tests.contracts.names import HOME_FILES
from tests.docs.how_to import HowTo, read_steps
from tests.support.paths import ROOT
from tests.support.source_trees import parse_source
from tests.test_arrows import LAYERS

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/**/README.md"))
)
HOW_TOS = (
    "docs/adding-a-skill.md",
    "docs/adding-a-data-kind.md",
    "docs/adding-a-channel.md",
    "docs/adding-a-tool.md",
    "docs/adding-a-language.md",
)
FIRST_LINE = (
    "An intern in your Slack that has read your catalogue, your orders and your reviews: ask it "
    "why sales fell or for Thursday's e-mail, and nothing goes out until one of you approves it."
)
FOLDERS = (
    "bot/",
    "docs/",
    "tests/",
    "handlers/",
    "prompts/",
    "benchmarks/",
    "requirements/",
    ".ci/",
)
HOME_PATHS = ("var/",)  # made when it runs
OLD_WORDS = r"\b(?:desk|house|shel(?:f|ves)|tellers?|stocktaking|workbench|joinings?|holdings?)\b"
SECONDS = 600  # the machine may be busy with other tests


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(path: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"```.*?```", "", read(path), flags=re.DOTALL)


def table(page: str) -> list[list[str]]:
    """All rows of a page's tables, their cells without the markup of code."""
    lines = re.findall(r"^\| (.+) \|$", read(page), re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


@cache
def classes() -> dict[str, str]:
    """The names of all classes in `bot/`, each with a module that defines it."""
    found = {}
    for path in ROOT.glob("bot/**/*.py"):
        for node in ast.walk(parse_source(path)):
            if isinstance(node, ast.ClassDef):
                found[node.name] = str(path.relative_to(ROOT))
    return found


def test_readme_begins_with_what_it_is_and_shows_it() -> None:
    lines = [line for line in read("README.md").splitlines() if line]
    assert lines[0] == FIRST_LINE
    assert re.match(r"!\[.+\]\(docs/playground\.png\)", lines[1])


@pytest.mark.parametrize("page", ["docs/marketing.md", "docs/administration.md", "CONTRIBUTING.md"])
def test_readme_leads_to_everybodys_page_in_one_click(page: str) -> None:
    assert f"]({page})" in read("README.md")


def test_readme_lists_every_skill_in_its_own_words() -> None:
    rows = set(re.findall(r"^\| `\w+` \| .+? \|$", read("README.md"), re.MULTILINE))
    wanted = {f"| `{skill.name}` | {skill.summary} |" for skill in load_skills().values()}
    assert not wanted - rows, "add to the table in README.md:\n" + "\n".join(wanted - rows)
    assert not rows - wanted, "remove from README.md:\n" + "\n".join(rows - wanted)


def test_readme_lists_every_command() -> None:
    (commands,) = (action for action in parser()._actions if action.dest == "command")
    assert commands.choices
    for command in commands.choices:
        assert f"| `super-intern {command}" in read("README.md"), command


def test_readme_names_only_commands_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(page), re.MULTILINE))
        assert named <= targets, f"{page}: {named - targets}"


@pytest.mark.slow
def test_terminal_page_shows_what_is_really_printed(tmp_path: Path) -> None:
    page = read("docs/terminal.md")
    (catalogue,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    (shown,) = re.findall(r"```\n(\$ super-intern import shop.csv.*?)```", page, re.DOTALL)
    (tmp_path / "shop.csv").write_text(catalogue)
    printed = ""
    for command in re.findall(r"^\$ super-intern (.+)$", shown, re.MULTILINE):
        done = subprocess.run(
            [sys.executable, "-m", "bot", *shlex.split(command)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "SUPER_INTERN_HOME": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        )
        printed += f"$ super-intern {command}\n{done.stdout}\n"
    assert printed.strip() == shown.strip()


@pytest.mark.parametrize("page", PAGES)
def test_every_path_in_a_page_exists(page: str) -> None:
    made = {path for how_to in HOW_TOS for path, _ in read_steps(how_to)}
    for name in re.findall(r"`([\w.-]+/[\w./-]*)`", prose(page)):
        if name.startswith(FOLDERS) and name not in made:
            assert (ROOT / name).exists(), f"{page} names {name}"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if ":" in target:
            continue
        name, _, heading = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page} links to {target}"
        if heading:
            assert heading in anchors(path), f"{page} links to {target}"


def anchors(path: Path) -> set[str]:
    """What the headings of a page can be linked by."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_module_in_a_page_exists(page: str) -> None:
    for name in re.findall(r"`((?:bot|tests|handlers|benchmarks)(?:\.\w+)+)`", prose(page)):
        path = ROOT.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").exists(), f"{page} names {name}"


@pytest.mark.parametrize("page", PAGES)
def test_every_file_named_alone_in_a_page_exists(page: str) -> None:
    for name in re.findall(r"`([\w-]+\.(?:py|toml|po|md))`", prose(page)):
        if name not in HOME_FILES:
            assert name in file_names(), f"{page} names {name}"


@cache
def file_names() -> frozenset[str]:
    folders = ("bot", "handlers", "prompts", "tests", "docs")
    found = [path.name for folder in folders for path in (ROOT / folder).rglob("*.*")]
    return frozenset([*found, *(path.name for path in ROOT.glob("*.*"))])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.sample(3)
def test_every_class_in_a_page_exists(page: str) -> None:
    for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:\.\w+)?`", prose(page)):
        assert name in classes(), f"{page} names {name}"


def test_architecture_has_every_package_in_its_table() -> None:
    named = {row[0].strip("`").replace("/", ".") for row in table("docs/architecture.md")}
    folders = {f"bot.{path.parent.name}" for path in ROOT.glob("bot/*/__init__.py")}
    assert folders <= named
    assert {name for name in named if name.startswith("bot.")} == folders


def test_architecture_has_the_packages_in_the_order_of_the_layers() -> None:
    named = [row[0].strip("`").replace("/", ".") for row in table("docs/architecture.md")]
    rank = {name: number for number, row in enumerate(LAYERS) for name in row}
    ranks = [rank[name] for name in named if name in rank]
    assert ranks == sorted(ranks)


def test_architecture_walks_through_files() -> None:
    page = read("docs/architecture.md")
    draft, question = page.split("## The life of a ")[1:]
    for walk in (draft, question):
        assert len(set(re.findall(r"`((?:bot|handlers)/[\w/]+\.py)`", walk))) > 8


def test_glossary_has_every_row_that_is_kept() -> None:
    named = set(re.findall(r"`([A-Z]\w+)`", read("docs/glossary.md")))
    kept = {
        name
        for name, path in classes().items()
        if re.search(rf"^class {name}\((?:\w+, )*Row\b", read(path), re.MULTILINE)
    }
    assert len(kept) >= len(TABLES.tables) - 2
    assert kept <= named


def test_glossary_names_only_what_is_in_the_code() -> None:
    rows = [row for row in table("docs/glossary.md") if len(row) == 3 and row[1].startswith("`")]
    assert len(rows) > 30
    for row in rows:
        assert row[1].strip("`") in classes(), row[0]


def test_glossary_names_only_tables_that_there_are() -> None:
    named = set(re.findall(r"[Tt]able `(\w+)`", read("docs/glossary.md")))
    assert named
    assert named <= set(TABLES.tables)


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("tests/")])
def test_pages_use_none_of_the_old_words(page: str) -> None:
    text = re.sub(r"`[^`]*`", "", prose(page))
    assert re.findall(OLD_WORDS, text, re.IGNORECASE) == []


@pytest.mark.parametrize("page", ["docs/brand.example.toml", "docs/policy.example.toml"])
def test_examples_of_settings_are_valid(page: str) -> None:
    assert tomllib.loads(read(page))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_how_to_add_a_skill_works(tmp_path: Path) -> None:
    how_to = HowTo("docs/adding-a-skill.md", tmp_path / "project")
    how_to.follow()
    *run_skills, tests = how_to.commands()
    for name, command in zip(("late_parcels", "faq"), run_skills, strict=True):
        assert f"== {name} ==" in how_to.run(command, tmp_path / "home")
    assert passed(how_to.run(tests, tmp_path / "home")) > 40


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_how_to_add_a_data_kind_works(tmp_path: Path) -> None:
    how_to = HowTo("docs/adding-a-data-kind.md", tmp_path / "project")
    how_to.follow()
    import_rows, facts, tests = how_to.commands()
    assert "stock.csv is in: 2 new rows" in how_to.run(import_rows, tmp_path / "home")
    assert re.search(r"sold out +1 product", how_to.run(facts, tmp_path / "home"))
    assert passed(how_to.run(tests, tmp_path / "home")) > 40


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_how_to_add_a_channel_works(tmp_path: Path) -> None:
    how_to = HowTo("docs/adding-a-channel.md", tmp_path / "project")
    assert len(how_to.follow()) == 4
    (tests,) = how_to.commands()
    assert passed(how_to.run(tests, tmp_path / "home")) > 40


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_how_to_add_a_tool_works(tmp_path: Path) -> None:
    how_to = HowTo("docs/adding-a-tool.md", tmp_path / "project")
    assert len(how_to.follow()) == 2
    (tests,) = how_to.commands()
    assert passed(how_to.run(tests, tmp_path / "home")) > 6


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_how_to_add_a_language_works(tmp_path: Path) -> None:
    how_to = HowTo("docs/adding-a-language.md", tmp_path / "project")
    assert all(name.endswith((".toml", ".po")) for name in how_to.follow())
    draft, tests = how_to.commands()
    printed = how_to.run(draft, tmp_path / "home")
    assert "Onderwerp:\n  -10% op alles" in printed
    assert "Knop:\n  Gebruik de aanbieding" in printed
    assert passed(how_to.run(tests, tmp_path / "home")) > 30


def passed(printed: str) -> int:
    return int(re.findall(r"(\d+) passed", printed)[-1])
