"""Steps on the path to purchase that got worse, in words."""

import re

from bot.core.facts import Evidence
from bot.core.parts import Copy
from bot.i18n.messages import Words
from bot.offline.fact_sentences import DEVICES, FactSubject, SentenceWriter, group_by_subject

STEPS = {
    "view": Words("product page"),
    "cart": Words("cart"),
    "checkout": Words("payment"),
    "purchase": Words("purchase"),
}
STEP_PATTERN = re.compile(r"-([a-z]+)-to-([a-z]+)(?:--.*)?$")  # of a fact's subject


def list_falls(evidence: Evidence) -> list[FactSubject]:
    """Return the steps that fewer pass for sure, without those that fell only because another
    did."""
    return [
        one
        for one in group_by_subject(evidence, "funnel").values()
        if one.word("status") == "confirmed" and one.number("change") < 0 and not one.get("through")
    ]


def name_step(one: FactSubject) -> Words:
    """Name a step: "from payment to purchase, on phones"."""
    return name_funnel_step(one.key, one.about)


def name_funnel_step(subject: str, about: str) -> Words:
    """Name the step of a fact's subject; `about` is whom it is of."""
    found = STEP_PATTERN.search(subject)
    start, end = (found[1], found[2]) if found else ("view", "purchase")
    step = Words("from {start} to {end}", start=STEPS.get(start, start), end=STEPS.get(end, end))
    dimension = subject.split("-")[0]
    if dimension == "total":
        return step
    if dimension == "device":
        return Words("{step}, on {device}", step=step, device=DEVICES.get(about, about))
    return Words("{step}, for {name}", step=step, name=about)


def describe_fall(writer: SentenceWriter, one: FactSubject) -> Copy:
    """Say that a step fell meanwhile, and how many orders are missing."""
    values = {
        "step": name_step(one),
        "rate": writer.of(one, "rate"),
        "before": writer.of(one, "before"),
    }
    line = Words(
        "Meanwhile on the site ({step}): {rate} get through, {before} before (confirmed).", **values
    )
    if one.get("lost-buyers"):
        line = Words(
            "Meanwhile on the site ({step}): {rate} get through, {before} before "
            "(confirmed). About {orders} are missing.",
            orders=writer.of(one, "lost-buyers"),
            **values,
        )
    return writer.copy(writer.say(line))
