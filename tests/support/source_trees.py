"""The syntax trees of source files, each parsed once per process."""

import ast
from functools import cache
from pathlib import Path


@cache
def parse_source(path: Path) -> ast.Module:
    """Return the syntax tree of a file. Don't change it."""
    return ast.parse(path.read_text(encoding="utf-8"))
