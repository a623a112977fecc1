"""A shirt with its facts, and checks of drafts about it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Hook, Part
from bot.core.request import Brief, SkillRequest
from bot.grounding.copy_checks import check_draft
from bot.i18n.messages import Language

TODAY = date(2026, 11, 24)


def fact(tail: str, label: str, value: str | Decimal | int, unit: str | None = None) -> Fact:
    number = Decimal(value) if isinstance(value, int) else value
    return Fact(id=tail, label=label, value=number, unit=unit, source="shop.csv", as_of=TODAY)


SHIRT = "product.linen-shirt"


FACTS = (
    fact(f"{SHIRT}.title", "title", "Chemise Ostuni 54"),
    fact(f"{SHIRT}.price", "price", Decimal("49.90"), "EUR"),
    fact(f"{SHIRT}.lowest", "lowest price, last 30 days", Decimal("62.00"), "EUR"),
    fact(f"{SHIRT}.material", "material", "100% linen, GOTS certified"),
    fact(f"{SHIRT}.origin", "origin", "woven and sewn in Portugal, flax grown in Normandy"),
    fact(f"{SHIRT}.care", "care", "machine wash at 30°, do not tumble dry"),
    fact(f"{SHIRT}.weight", "weight", 180, "g/m²"),
    fact(f"{SHIRT}.sizes", "sizes", "36, 38, 40, 42, 44"),
    fact(f"{SHIRT}.colours", "colours", 6),
    fact(f"{SHIRT}.stock", "stock", 45, "pieces"),
    fact(f"{SHIRT}.rating", "average rating", Decimal("4.68"), "/5"),
    fact(f"{SHIRT}.reviews", "reviews", 213),
    fact(f"{SHIRT}.guarantee", "guarantee", 24, "months"),
    fact(f"{SHIRT}.launch", "available from", "2026-11-27"),
    fact(f"{SHIRT}.bought", "orders in a year", 1299),
    fact("shop.delivery", "delivery", "free delivery from 60 EUR, within 48 h"),
    fact(
        "feedback.quote.1", "quote", "Je vis dedans depuis juin, même au bureau, 100 fois mieux !"
    ),
    fact("past_copy.1", "text", "-70 % sur le cachemire, made in Italy"),
)


EVIDENCE = Evidence(facts=FACTS)


BRAND = Brand(
    name="Studio Lin", sender="STUDIOLIN", site="https://studiolin.example", avoid=("cheap",)
)


WORDS = (
    "mail : la chemise est de retour vendredi, "
    "-20 % jusqu'au 12/12 avec le code RETOUR20, en bambou"
)


def request(words: str = WORDS, language: Language = "fr", **more: object) -> SkillRequest:
    told = {"words": words, "author": "U1", "language": language, **more}
    return SkillRequest(skill="draft", brief=Brief.model_validate(told), channel="email")


def part(text: str, *facts: str, key: str = "body") -> Part:
    return Part(kind="copy", key=key, title=key, body=Copy(text=text, facts=facts))


def mail(**texts: str) -> tuple[Part, ...]:
    whole = {
        "subject": "Elle est là",
        "preheader": "En lin",
        "body": "Voir.",
        "call_to_action": "Voir",
    }
    return tuple(part(text, key=key) for key, text in (whole | texts).items())


def proved(
    *parts: Part | str,
    language: Language = "fr",
    evidence: Evidence = EVIDENCE,
    brand: Brand = BRAND,
    asked: SkillRequest | None = None,
    channel: str | None = "email",
    hooks: Iterable[Hook] = (),
) -> tuple[Check, ...]:
    made = tuple(part(p) if isinstance(p, str) else p for p in parts)
    return check_draft(
        made,
        tuple(hooks),
        evidence,
        request=asked or request(language=language),
        brand=brand,
        channel=load_channels()[channel] if channel else None,
        today=TODAY,
    )


def found(checks: Iterable[Check]) -> set[tuple[str, str, str]]:
    """(level, rule, quote) of each check that does not pass, except missing parts."""
    return {
        (check.level, check.rule, check.quote or "")
        for check in checks
        if check.level != "pass" and check.rule != "length"
    }


def only(checks: Iterable[Check], rule: str) -> list[Check]:
    return [check for check in checks if check.rule == rule and check.level != "pass"]
