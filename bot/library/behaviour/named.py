"""The thing that "after …" in a question means: a product, some products, or a category."""

from ibis import _

from bot.about import IDLE
from bot.fold import fold
from bot.goods import concepts, named_in
from bot.library.audiences.subject import ASIDE, WORD, Subject, subject_of
from bot.library.goods import Goods
from bot.library.read import rows_of
from bot.library.segments.told import Told
from bot.library.titled import titled


def subject(told: Told) -> Subject | None:
    """The thing that the question is about; without a name when nobody bought anything so called;
    None when it is about everything."""
    where = told.where
    if not where.product and not where.words:
        return None
    goods = _goods(told)
    if where.product:
        return subject_of("", where.product, goods)
    return _surely(where.words or "", goods) or subject_of(where.words or "", None, goods)


def _surely(words: str, goods: Goods) -> Subject | None:
    """A category or products whose names say all that the words say: "linen shirt" is no linen
    dress."""
    said = [word[0] for word in WORD.finditer(words) if fold(word[0]) not in ASIDE | IDLE]
    wanted = named_in(" ".join(said))
    whole = [name for name in goods.names if wanted and wanted <= named_in(name)]
    if whole or (wanted and wanted == concepts(words) and len(wanted) == 1):
        return Subject(whole[0], category=whole[0]) if whole else None
    keys = [key for key, title in goods.titles.items() if wanted and wanted <= named_in(title)]
    if len(keys) == 1:
        return Subject(goods.titles[keys[0]], product=keys[0])
    return Subject(words, products=tuple(keys)) if keys else None


def _goods(told: Told) -> Goods:
    """What was ever bought, most buyers first."""
    table = (
        told.bought.filter(_.amount >= 0, _["product"].notnull())
        .group_by("product")
        .aggregate(title=_.title.max(), category=_.category.max(), buyers=_.customer.nunique())
    )
    rows = rows_of(told.shelf, table)
    rows.sort(key=lambda row: (-row["buyers"], row["product"]))
    titles = {row["product"]: titled(row["title"] or row["product"]) for row in rows}
    return Goods(titles, {row["product"]: row["category"] for row in rows if row["category"]})
