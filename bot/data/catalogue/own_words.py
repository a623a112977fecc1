"""What a workspace sells, as words that are nobody's name in what customers write."""

from bot.data.local_data import LocalData
from bot.privacy.people import own_words

WRITTEN = "feedback"  # the kind with texts of customers


def own_words_of(house: LocalData, workspace: str, kind: str) -> frozenset[str]:
    """The words of its products, their makers and categories; none where nothing is written."""
    if kind != WRITTEN:
        return frozenset()
    products = house.products(workspace)
    said = [(one.title, one.vendor or "", one.type or "", *one.colours) for one in products]
    return own_words([word for words in said for word in words])
