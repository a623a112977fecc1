"""How much is said of each theme, and how: shares of texts over the period."""

from functools import partial

import numpy as np

from bot.library.feedback.listening import Listened, asks, complains, praises
from bot.library.findings import Findings

FEW = 5  # texts below which a theme gets no share of praise or complaint


def tell_levels(found: Findings, said: Listened, few: int = FEW) -> None:
    """feedback.<theme>.texts, .share (% of the texts), .praise-share, .complaint-share and
    .question-share (% of the texts that speak of it; a text may do several), .complaints, .rating
    (mean stars of those texts)."""
    ratings = np.array([np.nan if t.rating is None else t.rating for t in said.texts])
    total = int(said.listed.sum())
    for subject in sorted(said.subjects, key=lambda s: -int((said.of(s) > 0).sum())):
        flags = said.of(subject)
        count = int((flags > 0).sum())
        if not count:
            continue
        about = said.titles[subject]
        add = partial(found.add, subject, about=about, rows=count, query="texts")
        add("texts", count)
        add("share", percent(count, total), unit="%", rows=total)
        if count < few:
            continue
        add("praise-share", percent(int(praises(flags).sum()), count), unit="%")
        add("complaint-share", percent(int(complains(flags).sum()), count), unit="%")
        add("question-share", percent(int(asks(flags).sum()), count), unit="%")
        add("complaints", int(complains(flags).sum()))
        stars = ratings[(flags > 0) & np.isfinite(ratings)]
        if len(stars) >= few:
            add("rating", round(float(stars.mean()), 1), unit="of 5", rows=len(stars))


def percent(part: int, whole: int) -> float:
    """One digit; of nothing it is nought."""
    return round(100 * part / whole, 1) if whole else 0.0
