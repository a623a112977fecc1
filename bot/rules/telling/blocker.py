"""What is in the way of sales, found in facts: on the site, in parcels, advertising and returns."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.core.facts import Evidence
from bot.i18n.messages import Words, quote_name
from bot.rules.telling import worse
from bot.rules.telling.advice import first_step
from bot.rules.telling.path import step_of, theme_of
from bot.rules.telling.told import Teller, Told, regions_named, told
from bot.text.normalize import normalize_text

SURE, MOST = "confirmed", 10
REASONS = {  # why things come back, by the theme whose first step helps; folded, both languages
    "sizing-small": r"\b(?:small|tight|short|petit|serre|etroit|court)",
    "sizing-large": r"\b(?:large|big|loose|long|grand|ample)",
    "sizing": r"\b(?:siz|fit|taille|coupe)",
    "delivery-damaged": r"\b(?:damag|broke|defect|abime|casse|defaut|defectueu)",
    "colour-different": r"\b(?:colou?r|couleur|teinte)",
    "delivery-late": r"\b(?:late|tard|retard)",
    "quality": r"\bqualit",
}


@dataclass(frozen=True)
class Blocker:
    """One thing in the way: `effect` says what happens, `cost` is the measure that has its price,
    `theme` what customers may say about it, `letter` and `test` are briefs that it leads to."""

    one: Told
    name: Words
    effect: Callable[[Teller], Words]
    step: Words
    cost: str | None = None
    theme: Words | None = None
    letter: Words | None = None
    test: Words | None = None

    @property
    def money(self) -> Decimal:
        """What it costs; less than nothing where that is not known."""
        return self.one.number(self.cost) if self.cost else Decimal(-1)


def blockers(evidence: Evidence) -> list[Blocker]:
    """All that is sure in facts of the kinds funnel, delivery, campaigns and trends: the costliest
    first, at most ten; what has no price after what has one."""
    every = [
        *(_on_site(one) for one in told(evidence, "funnel").values() if _fell(one)),
        *_parcels(told(evidence, "delivery")),
        *(_comes_back(one) for one in told(evidence, "trends", "returns-").values() if _often(one)),
        *(_worse(one) for one in worse.surely(evidence)),
        *(_ad(one) for one in told(evidence, "campaigns", "stuck--").values()),
    ]
    return sorted(every, key=lambda blocker: -blocker.money)[:MOST]


def _fell(one: Told) -> bool:
    """Whether fewer get through for sure, and not only because another step or segment fell."""
    return one.word("status") == SURE and one.number("change") < 0 and not one.get("through")


def _often(one: Told) -> bool:
    return one.word("status") == SURE and one.number("rate") > one.number("rest")


def _on_site(one: Told) -> Blocker:
    step = step_of(one)
    pay = Words("paying on the phone")
    phone = theme_of(one) == "website-phone"
    return Blocker(
        one, Words("Fewer buyers at the step {step}", step=step),
        lambda teller: Words("{rate} get through, against {before} before",
                             rate=teller.of(one, "rate"), before=teller.of(one, "before")),
        first_step(theme_of(one)) or Words("look into it"),
        cost="lost-money" if one.get("lost-money") else None,
        theme=pay if phone else Words("the website"),
        test=Words("Plan a test of this step: {step}", step=step),
    )  # fmt: skip


def _parcels(every: dict[str, Told]) -> list[Blocker]:
    """Groups of regions; else single ones; else all parcels."""
    late = [every[key] for key in ("late-regions",) if key in every]
    late = late or [
        one
        for key, one in every.items()
        if key.startswith("region-") and _later(one, "rest") and one.word("status") == SURE
    ]
    whole = every.get("all")
    if not late and whole and whole.word("verdict") == SURE:
        late = [whole]
    return [_late(one) for one in late]


def _later(one: Told, than: str) -> bool:
    return one.number("late") > one.number(than)


def _late(one: Told) -> Blocker:
    everywhere, where = one.key == "all", one.about
    usual, other = ("before", Words("before")) if everywhere else ("rest", Words("elsewhere"))
    name = Words("Late parcels, {regions}", regions=regions_named(where))
    letter = Words("E-mail to customers whose parcel is late: what we do about it")
    if everywhere:
        name = Words("Late parcels")
    return Blocker(
        one, name,
        lambda teller: Words("{late} come late, against {usual} {other}",
                             late=teller.of(one, "late"), usual=teller.of(one, usual), other=other),
        first_step("delivery-late") or Words("look into it"),
        cost="late-worth" if one.get("late-worth") else None,
        theme=Words("late parcels"), letter=letter,
    )  # fmt: skip


def _comes_back(one: Told) -> Blocker:
    def effect(teller: Teller) -> Words:
        given = {"rate": teller.of(one, "rate"), "rest": teller.of(one, "rest")}
        if not one.get("reason"):
            return Words("{rate} come back, against {rest} of the other products", **given)
        return Words("{rate} come back, against {rest} of the other products; reason most given:"
                     " {reason}", reason=teller.of(one, "reason"), **given)  # fmt: skip

    why = _of_reason(one.word("reason"))
    step = first_step(why) or Words("read why people send it back, and say that on its page")
    theme = Words("sizing") if why.startswith("sizing") else None
    return Blocker(one, Words("Returns of {name}", name=quote_name(one.about)), effect, step,
                   theme=theme)  # fmt: skip


def _of_reason(reason: str) -> str:
    """The theme that a reason of returns is about; empty for one that names none, or for no reason
    at all."""
    low = normalize_text(reason)
    return next((theme for theme, shape in REASONS.items() if re.search(shape, low)), "")


def _worse(one: Told) -> Blocker:
    """A whole campaign, audience, placement … that sells worse than the others."""
    return Blocker(one, worse.name(one), lambda teller: worse.effect(teller, one),
                   worse.step(one), cost="excess" if one.get("excess") else None)  # fmt: skip


def _ad(one: Told) -> Blocker:
    """A line of advertising and where it sticks. Only what was spent without a return is a cost."""
    product, word = quote_name(one.word("product") or one.about), quote_name(one.about)
    names = {
        "sold out": Words("{product}, advertised while sold out", product=product),
        "unbought": Words("Keyword {keyword}, clicked but not bought", keyword=word),
        "budget gone by noon": Words("Keyword {keyword}, budget used up by noon", keyword=word),
        "unclicked": Words("Keyword {keyword}, shown but not clicked", keyword=word),
        "unseen": Words("Keyword {keyword}, hardly shown", keyword=word),
    }  # fmt: skip
    steps = {
        "sold out": Words("stop the keyword {keyword} until it is back", keyword=word),
        "unbought": Words("stop it, or lead its clicks to another page"),
        "budget gone by noon": Words("raise its budget, or spread it over the day"),
        "unclicked": Words("try another picture and title, or stop it"),
        "unseen": Words("raise its bid, and check that the product is listed"),
    }
    where = one.word("where")
    nothing = _counts(one) and not one.number("orders")
    wasted = where == "sold out" or (where == "unbought" and nothing)
    return Blocker(
        one, names.get(where, Words("Keyword {keyword}", keyword=word)),
        lambda teller: _of_ad(teller, one, where), steps.get(where, Words("look into it")),
        cost="spend" if wasted and one.get("spend") else None,
        theme=Words("sold out, when is it back") if where == "sold out" else None,
        letter=Words("E-mail: {product} is sold out, leave your address to hear when it is back",
                     product=one.word("product") or one.about) if where == "sold out" else None,
    )  # fmt: skip


def _counts(one: Told) -> bool:
    """Whether its orders are told as a number: too few are not."""
    fact = one.get("orders")
    return fact is not None and isinstance(fact.value, Decimal)


def _of_ad(teller: Teller, one: Told, where: str) -> Words:
    if where == "unclicked":
        return Words("{n} impressions, {clicks} clicks", n=teller.of(one, "impressions"),
                     clicks=teller.of(one, "clicks"))  # fmt: skip
    if where == "unseen":
        return Words("{n} impressions in all; {usual} a day are usual",
                     n=teller.of(one, "impressions"),
                     usual=teller.of(one, "usual-impressions-a-day"))  # fmt: skip
    if not _counts(one):
        few = teller.of(one, "orders")
        if few:  # "under 5"
            return Words(
                "{clicks} clicks and {few} orders", clicks=teller.of(one, "clicks"), few=few
            )
        return Words("{clicks} clicks", clicks=teller.of(one, "clicks"))
    orders = int(one.number("orders"))
    teller.of(one, "orders")
    return Words.count("{clicks} clicks, {n} order", "{clicks} clicks, {n} orders", orders,
                       clicks=teller.of(one, "clicks"))  # fmt: skip
