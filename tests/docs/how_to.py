"""Follow a how-to of the documents in a copy of the project.

A how-to says what to do in three ways, each before a code block:

    Create `path`:
    At the end of `path`:
    In `path`, below the line with `text`:

Its last `sh` block has the commands that show whether it worked.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

COPIED_FOLDERS = ("bot", "docs", "handlers", "prompts", "tests")
LEFT_OUT = shutil.ignore_patterns("node_modules")
STEP = re.compile(
    r"(?:Create `(?P<new>[^`]+)`"
    r"|[Aa]t the end of `(?P<end>[^`]+)`"
    r"|[Ii]n `(?P<within>[^`]+)`,\s+below\s+the\s+line\s+with\s+`(?P<line>[^`]+)`)"
    r"[^`]*?:\n\n```\w+\n(?P<block>.*?)```",
    re.DOTALL,
)
SECONDS = 280  # the machine may be busy with other tests


def read_steps(page: str) -> list[tuple[str, re.Match[str]]]:
    """The paths that a how-to writes, each with its step."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(step["new"] or step["end"] or step["within"], step) for step in STEP.finditer(text)]


class HowTo:
    """A page of the documents, and the copy of the project that it is followed in."""

    def __init__(self, page: str, folder: Path) -> None:
        self.page, self.text = page, (ROOT / page).read_text(encoding="utf-8")
        self.folder = folder
        for name in COPIED_FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        for name in ("README.md", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)

    def follow(self) -> list[str]:
        """Do every step, and return the paths that were written."""
        steps = read_steps(self.page)
        for name, step in steps:
            self._write(name, step)
        return [name for name, _ in steps]

    def _write(self, name: str, step: re.Match[str]) -> None:
        path, block = self.folder / name, step["block"]
        if step["new"]:
            assert not path.exists(), f"{name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block, encoding="utf-8")
            return
        before = path.read_text(encoding="utf-8")
        if step["end"]:
            after = f"{before}\n{block}"
        else:
            lines = before.splitlines(keepends=True)
            places = [at for at, line in enumerate(lines, 1) if step["line"] in line]
            assert len(places) == 1, f"{name} has {len(places)} lines with {step['line']}"
            after = "".join([*lines[: places[0]], block, *lines[places[0] :]])
        path.write_text(after, encoding="utf-8")

    def commands(self) -> list[str]:
        """The commands of the last `sh` block."""
        blocks: list[str] = re.findall(r"```sh\n(.*?)```", self.text, re.DOTALL)
        return blocks[-1].splitlines()

    def run(self, command: str, home: Path) -> str:
        """What a command prints; it fails when the command does."""
        words = shlex.split(command)
        if words[0].startswith("SUPER_INTERN_HOME="):  # here it is the test's own
            words = words[1:]
        program, *arguments = words
        assert program in (".venv/bin/python", ".venv/bin/super-intern"), command
        started = [] if program.endswith("python") else ["-m", "bot"]
        done = subprocess.run(
            [sys.executable, *started, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "SUPER_INTERN_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
        return done.stdout
