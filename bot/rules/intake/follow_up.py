"""A question that only changes the one before it: "sales by country", and then "in October?"."""

import re

from bot.core.thread_text import asks_only_why
from bot.rules.intake.against import HOLDS, NAMED

BEGINS = re.compile(
    r"^\W*(?:(?:and|et|but|mais|so|alors)\b\W*)?"
    r"(?:(?:what|how) about|qu'en est-il (?:de|du|des|pour))?\W*",
    re.IGNORECASE,
)
WHEN = (
    r"(?:\b(?:in|en|of|de|during|pendant|since|depuis|for|pour|du|au) |\bd')?"
    rf"(?:{NAMED.pattern})"
)
HELD = re.compile(
    r"\b(?:compared (?:with|to)|versus|vs|than|against|par rapport (?:à|au)|contre)\s*$",
    re.IGNORECASE,
)
CUT = re.compile(r"\b(?:by|per|par) \w+", re.IGNORECASE)


def joined(before: str, said: str) -> str:
    """Both as one question; the days and the cut that are named anew take the place of the old."""
    base, more = before.rstrip(" ?!."), BEGINS.sub("", said.replace("’", "'"))
    if asks_only_why(said):
        return f"{base}, {said.lstrip(' ,;')}"
    if NAMED.search(more) and not HOLDS.search(more):
        base = HELD.sub(" ", re.sub(WHEN, " ", base, flags=re.IGNORECASE).rstrip())
    if CUT.search(more):
        base = CUT.sub(" ", base)
    apart = "" if NAMED.search(more) or CUT.search(more) else " ;"  # takes the place of a name
    return " ".join(f"{base}{apart} {more}".split())
