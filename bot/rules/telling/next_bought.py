"""What is bought next: after one thing that is named, after a category, or at large."""

from collections.abc import Sequence

from bot.core.charts import Bar
from bot.core.facts import Evidence
from bot.core.parts import NextStep
from bot.i18n.messages import Words, quote_name
from bot.rules.about import speaks_of
from bot.rules.telling.foreseen import Foreseen, Said
from bot.rules.telling.told import Teller, Told, told

MORE, MOST_STEPS = "more often", 8
NO_CATEGORIES = Words(
    "What is bought next needs categories: import a product list that has them. Or name one "
    "product: what do people buy after it?"
)


def following(teller: Teller, evidence: Evidence, words: str) -> Foreseen | None:
    """What is bought next after what the words name, or at large."""
    every = told(evidence, "behaviour")
    if "after" in every:
        return _after(teller, every)
    steps = [one for one in every.values() if one.get("lift")]
    named = [one for one in steps if speaks_of(words, one.about.split(" → ")[0])]
    shown = sorted(named or steps, key=lambda one: -float(one.number("share")))[:MOST_STEPS]
    if not shown:
        return None
    top, compared = shown[0], every.get("next-purchases")
    names = top.about.split(" → ")
    before, after = map(quote_name, names)
    finding = Words(
        "After {before}, {share} of the next purchases have {after}; of all next purchases it is"
        " {large}.",
        share=teller.of(top, "share"), large=teller.of(top, "at-large"), before=before,
        after=Words("{thing} again", thing=before) if before == after else after,
    )  # fmt: skip
    advice = Words("Show buyers of {before} what they have not bought of {after} yet, and keep a"
                   " part of them that sees nothing.", before=before, after=after)  # fmt: skip
    more = Words("Show buyers of {before} what else there is of it, and keep a part of them that"
                 " sees nothing.", before=before)  # fmt: skip
    said = Said(
        finding=teller.copy(teller.say(finding)),
        summary=teller.copy(_from_one_to_another(teller, steps, compared)),
        what_to_do=teller.copy(teller.say(more if before == after else advice)),
    )
    columns = [Words("After"), Words("Next"), Words("Share"), Words("Of all"),
               Words("Purchases")]  # fmt: skip
    table = teller.table(map(teller.say, columns), [
        [*one.about.split(" → "), *(teller.of(one, m) for m in ("share", "at-large", "purchases"))]
        for one in shown
    ])  # fmt: skip
    bars_ = [Bar(one.about.split(" → ")[-1], float(one.number("share")), strong=n == 0)
             for n, one in enumerate(shown)]  # fmt: skip
    if len(shown) == 1:
        at_large = teller.say(Words("All next purchases"))
        bars_.append(Bar(at_large, float(top.number("at-large"))))
    limits = [
        Words("What follows is not what causes: people who like a thing come back for it."),
        Words("A day on which somebody bought counts as one purchase, whatever was in it."),
    ]
    audience = teller.say(Words("Whom should I target for {thing}?", thing=names[-1]))
    new = Words("what is new there") if before == after else names[-1]
    letter = teller.say(
        Words("E-mail to customers who bought {before}: {after}", before=names[0], after=new)
    )
    leads = [
        NextStep(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        NextStep(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    return Foreseen(said, table, bars_, limits, leads, said.finding.text.rstrip("."))


def _from_one_to_another(teller: Teller, steps: list[Told], compared: Told | None) -> str:
    """Whether one category leads to another at all."""
    n = teller.of(compared, "compared") if compared else ""
    if any(len(set(one.about.split(" → "))) > 1 for one in steps):
        return teller.say(Words("{n} ways from one category to the next were compared; only those"
                                " beyond chance are shown.", n=n))  # fmt: skip
    return teller.say(Words("Of {n} ways from one category to the next, none leads to another"
                            " category more often than chance would: people come back for the"
                            " same.",
                            n=n))  # fmt: skip


def _after(teller: Teller, every: dict[str, Told]) -> Foreseen | None:
    """What is bought next after one thing: the products, then the categories."""
    whole = every["after"]
    products = [one for key, one in every.items() if key.startswith("after-product-")]
    kinds = [one for key, one in every.items() if key.startswith("after-category-")]
    shown = products or kinds
    if not shown:
        return None
    thing = whole.word("subject")
    said = Said(
        finding=teller.copy(what_follows(teller, thing, shown)),
        summary=teller.copy(
            how_many_compared(teller, whole, products, kinds), and_of_what(teller, products, kinds)
        ),
        what_to_do=teller.copy(teller.say(what_to_show(thing, shown))),
    )
    columns = [Words("Next"), Words("Share"), Words("Of all"), Words("Purchases"),
               Words("Customers")]  # fmt: skip
    table = teller.table(map(teller.say, columns), [
        [one.about, *(teller.of(one, m) for m in ("share", "at-large", "purchases", "customers"))]
        for one in (*products, *kinds)
    ])  # fmt: skip
    bars_ = [Bar(one.about, float(one.number("share")), strong=n == 0)
             for n, one in enumerate(shown)]  # fmt: skip
    limits = [
        *filter(None, [what_is_meant(whole)]),
        Words("What follows is not what causes: people who like a thing come back for it."),
        Words("Next is the next day on which the same person bought, however much later."),
        Words("A day on which somebody bought counts as one purchase, whatever was in it."),
    ]
    audience = teller.say(Words("Whom should I target for {thing}?", thing=shown[0].about))
    letter = teller.say(Words(
        "E-mail to customers who bought {before}: {after}", before=thing, after=shown[0].about
    ))  # fmt: skip
    leads = [
        NextStep(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        NextStep(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    return Foreseen(said, table, bars_, limits, leads, said.finding.text.rstrip("."))


def what_follows(teller: Teller, thing: str, shown: Sequence[Told]) -> str:
    """The first of them, beside what is usual; or that nothing stands out."""
    top = shown[0]
    given = {
        "before": quote_name(thing), "after": _next(thing, top), "share": teller.of(top, "share"),
        "large": teller.of(top, "at-large"),
    }  # fmt: skip
    if _more(top):
        return teller.say(Words(
            "After {before}, {share} of the next purchases have {after}; of all next purchases"
            " it is {large}.", **given))  # fmt: skip
    return teller.say(Words(
        "After {before}, people buy what they buy anyway: most often {after}, in {share} of the"
        " next purchases, against {large} of all.", **given))  # fmt: skip


def how_many_compared(
    teller: Teller, whole: Told, products: Sequence[Told], kinds: Sequence[Told]
) -> str:
    """On how much it stands, and how many stand out."""
    given = {"purchases": teller.bare(whole, "purchases"), "n": teller.of(whole, "compared")}
    if not products:
        return teller.say(Words(
            "Of its {purchases} purchases that were followed by another, too few had the same"
            " product next: only categories are told.", purchases=given["purchases"]))  # fmt: skip
    if any(_more(one) for one in (*products, *kinds)):
        return teller.say(Words(
            "{purchases} purchases with it were followed by another; {n} products were held against"
            " what is usual.", **given))  # fmt: skip
    return teller.say(Words(
        "{purchases} purchases with it were followed by another; of {n} products, none came more"
        " often than chance would have it.", **given))  # fmt: skip


def and_of_what(teller: Teller, products: Sequence[Told], kinds: Sequence[Told]) -> str:
    """Besides the first product: the other ones that stand out, else the category."""
    others = [one for one in products[1:] if _more(one)]
    if others:
        named = ", ".join(
            f"{teller.say(quote_name(one.about))} ({teller.of(one, 'share')})" for one in others
        )
        return teller.say(Words("More often than usual as well: {names}.", names=named))
    if products and kinds and _more(kinds[0]):
        return teller.say(Words(
            "By category: {category} in {share} of them, against {large} of all.",
            category=quote_name(kinds[0].about), share=teller.of(kinds[0], "share"),
            large=teller.of(kinds[0], "at-large")))  # fmt: skip
    return ""


def what_to_show(thing: str, shown: Sequence[Told]) -> Words:
    top, before = shown[0], quote_name(thing)
    if not _more(top):
        return Words("Nothing is worth a rule of its own here: show buyers of {thing} what sells"
                     " best, or test a guess of yours.", thing=before)  # fmt: skip
    other = next((one.about for one in shown if one.about != thing and _more(one)),
                 None)  # fmt: skip
    if other is None:
        return Words("Show buyers of {before} what else there is of it, and keep a part of them"
                     " that sees nothing.", before=before)  # fmt: skip
    after = quote_name(other)
    if top.key.startswith("after-product-"):
        return Words("Show {after} to buyers of {before} who don't have it yet, and keep a part of"
                     " them that sees nothing.", before=before, after=after)  # fmt: skip
    return Words("Show buyers of {before} what they have not bought of {after} yet, and keep a"
                 " part of them that sees nothing.", before=before, after=after)  # fmt: skip


def _next(thing: str, one: Told) -> Words:
    name = quote_name(one.about)
    return Words("{thing} again", thing=name) if one.about == thing else name


def what_is_meant(whole: Told) -> Words | None:
    """Which products, where the words name several."""
    names = whole.word("products")
    return Words("Taken together here: {names}.", names=names) if names else None


def _more(one: Told) -> bool:
    return one.word("verdict") == MORE
