"""The path to purchase in words: which step, for whom; where to look when it fails."""

import re

from bot.i18n.messages import Words
from bot.rules.telling.told import DEVICES, Told

STEPS = {
    "view": Words("product page"),
    "cart": Words("cart"),
    "checkout": Words("payment"),
    "purchase": Words("purchase"),
}
_STEP = re.compile(r"-([a-z]+)-to-([a-z]+)$")


def step_of(one: Told) -> Words:
    """ "from payment to purchase, on phones": of a subject of the kind funnel."""
    found = _STEP.search(one.key)
    start, end = (found[1], found[2]) if found else ("view", "purchase")
    step = Words("from {start} to {end}", start=STEPS.get(start, start), end=STEPS.get(end, end))
    dimension = one.key.split("-")[0]
    if dimension == "total":
        return step
    if dimension == "device":
        return Words("{step}, on {device}", step=step, device=DEVICES.get(one.about, one.about))
    return Words("{step}, for {name}", step=step, name=one.about)


def theme_of(one: Told) -> str:
    """The theme of feedback that speaks of such a step: a key of `bot.rules.telling.advice`."""
    paying = one.key.endswith("checkout-to-purchase")
    return "website-phone" if paying and one.about == "mobile" else "website"
