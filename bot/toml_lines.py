"""On which line of a TOML file a setting stands. The text has already been parsed: it is valid."""

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]

TOKEN = re.compile(
    r"""
    (?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*')
    | (?P<comment>\#[^\n]*)
    | (?P<newline>\n)
    | (?P<space>[ \t\r]+)
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s\[\]{}=,.#"']+)
    """,
    re.X | re.S,
)


class Lines:
    """Each key's line by its path: `("approval", "needed")`; list items by their position."""

    def __init__(self, text: str):
        self._tokens = list(_tokens(f"{text}\n"))
        self._at = 0
        self._found: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}  # arrays of tables: how many so far
        self._document()

    def of(self, path: Path) -> int | None:
        """The line of that setting, else of the nearest table or list around it."""
        while path:
            if path in self._found:
                return self._found[path]
            path = path[:-1]
        return None

    def depth(self, path: Path) -> int:
        """How much of that path is in the file."""
        return next((n for n in range(len(path), 0, -1) if path[:n] in self._found), 0)

    def _document(self) -> None:
        table: Path = ()
        while self._at < len(self._tokens):
            kind, text, _ = self._tokens[self._at]
            if kind == "newline":
                self._at += 1
            elif text == "[" and kind == "mark":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the table that the next keys belong to."""
        line, depth = self._tokens[self._at][2], 0
        while self._is("["):
            self._at, depth = self._at + 1, depth + 1
        path = self._inside_lists(self._key())
        if depth == 2:
            index = self._lists.get(path, 0)
            self._lists[path] = index + 1
            self._note(path, line)
            path = (*path, index)
        while self._is("]"):
            self._at += 1
        for end in range(1, len(path) + 1):
            self._note(path[:end], line)
        return path

    def _inside_lists(self, key: Path) -> Path:
        """A header under an array of tables means its last table."""
        path: Path = ()
        for i, name in enumerate(key):
            path = (*path, name)
            if path in self._lists and i < len(key) - 1:
                path = (*path, self._lists[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._tokens[self._at][2]
        path = table + self._key()
        for end in range(len(table) + 1, len(path) + 1):
            self._note(path[:end], line)
        self._at += 1  # the equals sign
        self._value(path)

    def _key(self) -> Path:
        names: list[str | int] = []
        while True:
            kind, text, _ = self._tokens[self._at]
            if kind == "string":
                names.append(tomllib.loads(f"k = {text}")["k"])
            elif kind == "bare":
                names.append(text)
            elif text != ".":
                return tuple(names)
            self._at += 1

    def _value(self, path: Path) -> None:
        if self._is("["):
            self._list(path)
        elif self._is("{"):
            self._inline_table(path)
        else:
            while self._at < len(self._tokens) and not self._ends():
                self._at += 1

    def _list(self, path: Path) -> None:
        self._at, index = self._at + 1, 0
        while not self._is("]"):
            if self._is(",") or self._tokens[self._at][0] == "newline":
                self._at += 1
                continue
            item = (*path, index)
            self._note(item, self._tokens[self._at][2])
            self._value(item)
            index += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while not self._is("}"):
            if self._is(",") or self._tokens[self._at][0] == "newline":
                self._at += 1
            else:
                self._pair(path)
        self._at += 1

    def _is(self, mark: str) -> bool:
        kind, text, _ = self._tokens[self._at]
        return kind == "mark" and text == mark

    def _ends(self) -> bool:
        kind, text, _ = self._tokens[self._at]
        return kind == "newline" or (kind == "mark" and text in ",]}")

    def _note(self, path: Path, line: int) -> None:
        self._found.setdefault(path, line)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(kind, text, line), without spaces and comments."""
    line = 1
    for match in TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind not in ("space", "comment"):
            yield kind, match[0], line
        line += match[0].count("\n")
