"""Which product a text on a range is about."""

import pytest

from bot.core.parts import Copy, Part
from bot.drafts.models import find_main_product

PIN, FIG = "product.pin.name", "product.fig.price"


@pytest.mark.parametrize(
    ("cited", "product"),
    [
        ([[PIN], [], [PIN, FIG], [PIN]], "pin"),  # one sentence on another
        ([["brand.about"], [PIN]], "pin"),
        ([[PIN], [FIG], [PIN, FIG]], None),
        ([[PIN], [PIN, FIG]], None),  # the subject alone is one example
        ([[PIN, FIG], [PIN]], None),
        ([[]], None),
    ],
)
def test_product_of_a_text_is_the_one_that_all_its_parts_tell_of(
    cited: list[list[str]], product: str | None
) -> None:
    parts = [
        Part(kind="copy", key=f"p{n}", title="Text", body=Copy(text="Text", facts=tuple(ids)))
        for n, ids in enumerate(cited)
    ]
    assert find_main_product(parts) == product
