"""What customers praise most about one product, and what they object to most: for drafts."""

from pathlib import Path

import numpy as np

from bot.evidence import Fact
from bot.library.feedback.levels import percent
from bot.library.feedback.listening import Listened, complains, listen, praises
from bot.library.feedback.texts import asked, read
from bot.library.findings import Findings, Where
from bot.library.read import sql_later
from bot.library.shelf import Shelf
from bot.library.slugs import slug

FEW = 5  # texts about the product that say it


def praise_and_objection(
    shelf: Shelf, product: str, folder: Path | None = None
) -> tuple[Fact | None, Fact | None]:
    """feedback.<theme>--product-<product>.praise-share and .complaint-share: % of the texts about
    the product that praise, that complain of its most praised and most blamed theme; about the
    product alone, not about the shop. None where fewer than five texts say it."""
    if shelf.table("feedback") is None:
        return None, None
    where = Where(product=product)
    expression = asked(shelf, where)
    said = listen(read(shelf, expression, where), folder)
    said = said.keep(said.listed)
    found = Findings("feedback", shelf.source("feedback"), shelf.as_of("feedback"))
    found.queries["texts"] = sql_later(expression)
    return (
        _top(found, said, product, "praise-share"),
        _top(found, said, product, "complaint-share"),
    )


def _top(found: Findings, said: Listened, product: str, measure: str) -> Fact | None:
    judge = praises if measure == "praise-share" else complains
    counts = {
        subject: int(np.sum(judge(said.of(subject))))
        for subject in said.subjects
        if subject.split("-")[0] not in said.shop
    }
    counts = {subject: count for subject, count in counts.items() if count >= FEW}
    if not counts:
        return None
    # A part that carries most of its theme says it better: "runs small" before "sizing".
    best = max(counts, key=lambda s: (counts[s] * (1.25 if "-" in s else 1.0), s))
    return found.add(
        f"{best}--product-{slug(product)}",
        measure,
        percent(counts[best], len(said.texts)),
        unit="%",
        about=said.titles[best],
        rows=len(said.texts),
        query="texts",
    )
