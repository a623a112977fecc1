"""Cells as clean text, lists, yes and no."""

import pytest

from bot.data.catalogue.cells import (
    clean_text,
    is_formula,
    parse_list,
    parse_yes_no,
    unwrap_formula,
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<p>Classic <b>blown</b> clay pot</p>", "Classic blown clay pot"),
        (
            "<ul><li>100% linen</li><li>Made in Portugal.</li></ul>x",
            "100% linen. Made in Portugal. x",
        ),
        ("two<br/>lines", "two. lines"),
        ("a < b and c > d", "a < b and c > d"),
        ("size <M> & more", "size <M> & more"),
        ("Tom &amp; Co", "Tom & Co"),
        ("caf&amp;eacute;", "café"),
        ("<script>alert(1)</script>ok", "ok"),
        ("<style>p{color:red}</style><p>ok</p>", "ok"),
        ("<p>never closed", "never closed"),
        ("<!-- hidden --><p>ok</p>", "ok"),
        ("  many \n\t spaces\u00a0 ", "many spaces"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07", "bell"),
        ("\u202eright to left", "right to left"),
        ("e\u0301te\u0301", "été"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_text_is_cleaned(cell: str, text: str) -> None:
    assert clean_text(cell) == text


@pytest.mark.parametrize(
    "cell",
    [
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x.example","click")',
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "=A1",
        "=1+1",
        "= SUM (A1:A2)",
    ],
)
def test_formula_becomes_empty(cell: str) -> None:
    assert is_formula(cell)
    assert unwrap_formula(cell) == ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="00123"', "00123"),
        ("-20% on linen", "-20% on linen"),
        ("+1 cushion", "+1 cushion"),
        ("@home", "@home"),
        ("=plain", "plain"),
        ("2 - 3 (years)", "2 - 3 (years)"),
    ],
)
def test_formula_lookalike_is_kept(cell: str, text: str) -> None:
    assert not is_formula(cell)
    assert unwrap_formula(cell) == text


def test_list_cell_keeps_order() -> None:
    assert parse_list("S, M,L ; XL", slashes=False) == ("S", "M", "L", "XL")
    assert parse_list("S/M, L/XL", slashes=False) == ("S/M", "L/XL")
    assert parse_list("38,5; 39", slashes=False) == ("38,5", "39")
    assert parse_list("bleu/blanc, Bleu") == ("bleu", "blanc")
    assert parse_list("n/a", slashes=False) == parse_list("") == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [("TRUE", True), ("oui", True), ("1", True), ("Non", False), ("0", False), ("maybe", None)],
)
def test_yes_and_no_are_parsed(cell: str, said: bool | None) -> None:
    assert parse_yes_no(cell) is said
