"""The warning that a revision has the same text as an earlier version."""

import pytest

from bot.core.parts import Copy, Part
from bot.drafts.models import campaign_code
from bot.tasks.draft_versions import check_unchanged


def parts(piece: str, text: str = "Linen breathes.") -> tuple[Part, ...]:
    link = f"https://lin.example?utm_campaign={campaign_code(piece)}"
    return (Part(kind="copy", key="text", title="Text", body=Copy(text=f"{text} {link}")),)


def test_same_text_is_told_whatever_its_campaign_code() -> None:
    before = [("t1.0", parts("t1.0", "An edited text.")), ("t1.0", parts("t1.0"))]
    (check,) = check_unchanged(parts("t2.0"), "t2.0", before, "more   warmth")
    assert check.level == "info"
    assert "“more warmth”" in check.words.to("en")
    assert "Edit it, or connect an AI." in check.words.to("en")
    assert "more warmth" in check.words.to("fr")


@pytest.mark.parametrize("before", [[], [("t1.0", parts("t1.0", "Other words."))]])
def test_changed_text_has_no_warning(
    before: list[tuple[str, tuple[Part, ...]]],
) -> None:
    assert check_unchanged(parts("t2.0"), "t2.0", before, "more warmth") == ()


def test_long_reason_is_shortened() -> None:
    (check,) = check_unchanged(parts("t2.0"), "t2.0", [("t1.0", parts("t1.0"))], "warmer " * 90)
    assert len(str(check.words.params["reason"])) <= 120
