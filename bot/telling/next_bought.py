"""What is bought next after one thing, in words."""

from collections.abc import Sequence

from bot.telling.told import Teller, Told
from bot.words import Words

MORE = "more often"


def what_follows(teller: Teller, thing: str, shown: Sequence[Told]) -> str:
    """The first of them, beside what is usual; or that nothing stands out."""
    top = shown[0]
    given = {
        "before": thing, "after": _next(thing, top), "share": teller.of(top, "share"),
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
        named = ", ".join(f"{one.about} ({teller.of(one, 'share')})" for one in others)
        return teller.say(Words("More often than usual as well: {names}.", names=named))
    if products and kinds and _more(kinds[0]):
        return teller.say(Words(
            "By category: {category} in {share} of them, against {large} of all.",
            category=kinds[0].about, share=teller.of(kinds[0], "share"),
            large=teller.of(kinds[0], "at-large")))  # fmt: skip
    return ""


def what_to_show(thing: str, shown: Sequence[Told]) -> Words:
    top = shown[0]
    if not _more(top):
        return Words("Nothing is worth a rule of its own here: show buyers of {thing} what sells"
                     " best, or test a guess of yours.", thing=thing)  # fmt: skip
    other = next((one.about for one in shown if one.about != thing and _more(one)),
                 None)  # fmt: skip
    if other is None:
        return Words("Show buyers of {before} what else there is of it, and keep a part of them"
                     " that sees nothing.", before=thing)  # fmt: skip
    if top.key.startswith("after-product-"):
        return Words("Show {after} to buyers of {before} who don't have it yet, and keep a part of"
                     " them that sees nothing.", before=thing, after=other)  # fmt: skip
    return Words("Show buyers of {before} what they have not bought of {after} yet, and keep a"
                 " part of them that sees nothing.", before=thing, after=other)  # fmt: skip


def _next(thing: str, one: Told) -> Words | str:
    return Words("{thing} again", thing=thing) if one.about == thing else one.about


def what_is_meant(whole: Told) -> Words | None:
    """Which products, where the words name several."""
    names = whole.word("products")
    return Words("Taken together here: {names}.", names=names) if names else None


def _more(one: Told) -> bool:
    return one.word("verdict") == MORE
