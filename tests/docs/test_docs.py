"""A page of the docs …"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.skills import load_skills
from tests.support.paths import ROOT

WRITTEN_IN = ("python", "markdown", "po")


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_explains_every_row_that_is_kept() -> None:
    nouns = set(re.findall(r"^\| (\w+) \|", read("docs/glossary.md"), re.MULTILINE))
    for name in ("brief", "request", "task", "draft", "decision", "delivery", "post", "receipt"):
        assert name.capitalize() in nouns
    for name in ("Journal", "Workspace", "Brand", "Policy", "Channel", "Fact", "Job"):
        assert name in nouns


def test_lists_every_skill_with_its_own_words() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", read("README.md"), re.MULTILINE))
    assert table == {skill.name: skill.summary for skill in load_skills().values()}


@pytest.mark.timeout(180)
def test_shows_a_skill_that_keeps_every_promise(tmp_path: Path) -> None:
    page = read("docs/adding-a-skill.md")
    shown = {lang: re.findall(rf"```{lang}\n(.*?)```", page, re.DOTALL) for lang in WRITTEN_IN}
    handler, test = shown["python"]
    for folder in ("bot", "docs", "handlers", "prompts", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("web"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "handlers/faq.py").write_text(handler, encoding="utf-8")
    (tmp_path / "prompts/faq.md").write_text(shown["markdown"][0], encoding="utf-8")
    (tmp_path / "bot/i18n/locale/fr/faq.po").write_text(shown["po"][0], encoding="utf-8")
    (tmp_path / "tests/test_faq.py").write_text(test, encoding="utf-8")
    asked = [f"tests/test_{name}.py" for name in ("faq", "skills", "arrows", "words")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "addopts=", "-k", "faq or french", *asked],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 10


def test_names_no_file_that_is_gone() -> None:
    for page in ("README.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))):
        for path in re.findall(
            r"`((?:bot|docs|tests|handlers|prompts)/[\w./-]+\.\w+)`", read(page)
        ):
            if "faq" not in path:
                assert (ROOT / path).exists(), f"{page} names {path}"


def test_tells_every_command_of_the_terminal() -> None:
    from bot.__main__ import parser

    (commands,) = (a for a in parser()._actions if a.dest == "command")
    for command in commands.choices or ():
        assert f"super-intern {command}" in read("README.md"), command


def test_shows_what_the_terminal_really_prints(tmp_path: Path) -> None:
    readme = read("README.md")
    (catalogue,) = re.findall(r"```csv\n(.*?)```", readme, re.DOTALL)
    (shown,) = re.findall(r"```\n(\$ super-intern import shop.csv.*?)```", readme, re.DOTALL)
    (tmp_path / "shop.csv").write_text(catalogue)
    printed = ""
    for command in re.findall(r"^\$ super-intern (.+)$", shown, re.MULTILINE):
        done = subprocess.run(
            [sys.executable, "-m", "bot", *shlex.split(command)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "SUPER_INTERN_HOME": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        printed += f"$ super-intern {command}\n{done.stdout}\n"
    assert printed.strip() == shown.strip()
