"""The offer of a text, and what a change puts in the place of it."""

from collections.abc import Collection, Sequence
from typing import Literal

from bot.core.request import OFFER_JOINT, Brief
from bot.grounding.figure_checks import has_threshold
from bot.grounding.numbers import HALF_PRICE, read_figures
from bot.grounding.price_cuts import CUT_AFTER, find_cuts
from bot.grounding.units import Figure
from bot.text.normalize import normalize_text, tokenize


def join_offers(old: str | None, new: str | None, ended: Collection[str] = ()) -> str | None:
    """Return the offer with what a change adds to it: free delivery beside a cut. Another figure
    alone ("make it 20%") takes the place of the one before, whose code, days and conditions hold
    on. Another cut, or another sum to spend, takes the place of all of it, and so does what the
    change is read to end."""
    if not old or not new:
        return new or old
    changed = {one: to for one in old.split(OFFER_JOINT) if (to := change_figure(one, new))}
    if len(changed) != 1:
        changed = {}
    kind, said = _find_offer_kind(new), normalize_text(new)
    gone = [normalize_text(one) for one in ended]
    kept = [
        changed.get(one, one)
        for one in old.split(OFFER_JOINT)
        if one in changed
        or (
            (before := normalize_text(one)) not in said
            and not any(before in end or end in before for end in gone)
            and (kind is None or _find_offer_kind(one) != kind)
        )
    ]
    return OFFER_JOINT.join(kept if changed else [*kept, new])


def change_figure(old: str, new: str) -> str | None:
    """Return an offer with the figure that is all that `new` says; None where it says more."""
    figures, before = read_figures(new), read_figures(old)
    same = [one for one in before if figures and one.first.unit == figures[0].first.unit]
    if len(figures) != 1 or len(same) != 1 or not (figures[0].first.unit and figures[0].is_number):
        return None
    if figures[0].in_words or HALF_PRICE.search(normalize_text(figures[0].text)):
        return None
    bare = CUT_AFTER.sub(" ", normalize_text(new))  # "off" says what the sign of the old one does
    if not {*_list_words(bare, read_figures(bare))} <= {*_list_words(old, before)}:
        return None
    return f"{old[: same[0].start]}{figures[0].text}{old[same[0].end :]}"


def _list_words(text: str, figures: Sequence[Figure]) -> list[str]:
    """Return the words beside the figures."""
    for figure in reversed(figures):
        text = f"{text[: figure.start]} {text[figure.end :]}"
    return tokenize(text)


def _find_offer_kind(offer: str) -> Literal["cut", "least"] | None:
    if find_cuts(offer) or any(one.first.unit == "%" for one in read_figures(offer)):
        return "cut"
    return "least" if has_threshold(offer) else None


def join_must_say(old: Sequence[str], new: Sequence[str], offer: str | None) -> tuple[str, ...]:
    """Return what must be said, old and new. Another code takes the place of the one before."""
    if any(_has_code(one) for one in (*new, offer or "")):
        old = [one for one in old if not (_has_code(one) and len(tokenize(one)) == 1)]
    return tuple(dict.fromkeys((*old, *new)))


def _has_code(text: str) -> bool:
    return any(one.first.kind == "code" for one in read_figures(text))


def list_replaced(before: Brief, after: Brief) -> tuple[str, ...]:
    """Return the offers, codes and dates that hold no longer. What the new ones say again does: of
    an offer with a code or a day that holds on, the other figures alone have gone."""
    new = [*(after.offer or "").split(OFFER_JOINT), after.dates or "", *after.must_say]
    old = [*(before.offer or "").split(OFFER_JOINT), before.dates or "", *before.must_say]
    known = {figure.readings for text in new for figure in read_figures(text)}
    gone = list[str]()
    for one in (*before.replaced, *old):
        figures = read_figures(one)
        left = [figure.text for figure in figures if figure.readings not in known]
        gone += [one] if left and len(left) == len(figures) else left
    return tuple(one for one in dict.fromkeys(gone) if one not in new)
