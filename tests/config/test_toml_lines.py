"""The line of each setting in a TOML file, in every notation."""

import pytest

from bot.config.toml import TomlLines, TomlPath

TEXT = '''# a comment with [brackets] and a = sign
top = "one # not a comment" # but this is
"quoted.key" = 1
a.b . c = 3
long = """
x = 1
[no]
"""
raw = \'\'\'
y = 2 """ \'\'\'
list = [ 1, # one
  [2, 3],
  { in = 4, deep.er = [5,
     6] },
  "]" ]
when = 1979-05-27 07:32:00Z
[table]
key = 1.5
[table.sub."with space"]
key = { p = "}", q = 2 }
[[many]]
n = 1
[many.inner]
m = 1
[[many]]
n = 2
[[many.inners]]
o = 1
[[many.inners]]
o = 2'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted.key",), 3),
        (("a",), 4),
        (("a", "b", "c"), 4),
        (("long",), 5),
        (("raw",), 9),
        (("list",), 11),
        (("list", 0), 11),
        (("list", 1, 1), 12),
        (("list", 2, "in"), 13),
        (("list", 2, "deep", "er", 1), 14),
        (("list", 3), 15),
        (("when",), 16),
        (("table",), 17),
        (("table", "key"), 18),
        (("table", "sub"), 19),
        (("table", "sub", "with space", "key", "q"), 20),
        (("many", 0), 21),
        (("many", 0, "n"), 22),
        (("many", 0, "inner", "m"), 24),
        (("many", 1, "n"), 26),
        (("many", 1, "inners", 0, "o"), 28),
        (("many", 1, "inners", 1), 29),
        (("many", 1, "inners", 1, "o"), 30),
        (("table", "absent"), 17),
        (("many", 1, "inners", 1, "absent"), 29),
        (("absent",), None),
    ],
)
def test_line_of_a_setting_is_found(path: TomlPath, line: int | None) -> None:
    assert TomlLines(TEXT).find_line(path) == line


def test_windows_line_ends_count_as_one_line() -> None:
    assert TomlLines("a = 1\r\n\r\n[b]\r\nc = 2\r\n").find_line(("b", "c")) == 4
