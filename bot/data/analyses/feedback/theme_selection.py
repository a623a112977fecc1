"""Which themes of the feedback to tell: those that words name, without those told twice."""

from collections.abc import Mapping, Sequence

from bot.core.fact_sentences import CONFIRMED, FactSubject
from bot.data.analyses.feedback.aspects import load_lexicon
from bot.text.normalize import normalize_text, tokenize

MAX_NAMED = 6
MOSTLY = 0.8  # the share of a theme from which one part stands for it


def find_named_themes(words: str, themes: Sequence[FactSubject]) -> tuple[list[FactSubject], bool]:
    """Return the themes that the words name, most texts first, and whether the words name any
    theme at all. The words are read with the lists of phrases by which the texts are read, and
    with the names of the themes."""
    found = set()
    for language in ("en", "fr"):
        if lexicon := load_lexicon(language):
            found |= {meaning.subject for _, meaning in lexicon.finder.find(tokenize(words))}
    low = f" {normalize_text(words)} "
    by_name = {o.key for o in themes for x in ("en", "fr") if normalize_text(o.named(x)) in low}
    parts = {key for key in found if any(other.startswith(f"{key}-") for other in found)}
    keys = (found - parts) | by_name
    matching = [one for one in themes if one.key in keys]
    whole = {one.key for one in matching}
    matching += [o for o in themes if o.key.split("-")[0] in whole and o.key not in whole]
    largest = sorted(matching, key=lambda one: -one.number("texts"))[:MAX_NAMED]
    return largest, bool(keys)


def drop_near_duplicates(themes: Sequence[FactSubject]) -> list[FactSubject]:
    """Leave out each theme of which nearly all is one of its parts, such as "sizing" where nearly
    all of it is "sizing-small"."""
    return [
        one
        for one in themes
        if not any(
            part.key.startswith(f"{one.key}-")
            and float(part.number("texts")) >= MOSTLY * float(one.number("texts"))
            for part in themes
        )
    ]


def list_places(every: Mapping[str, FactSubject], theme: str) -> list[FactSubject]:
    """Return where a theme is told more than chance would, products first."""
    found = [o for k, o in every.items() if k.startswith(f"{theme}--") and o.status == CONFIRMED]
    return sorted(found, key=lambda o: ("--product-" not in o.key, -o.number("lift")))
