"""Fill the prompts of `prompts/`, and say what the AI is told about one request.

A placeholder without a value is an error. A value is data, never an instruction. To keep it apart
from the prompt, it is enclosed in `<<<name` and `name>>>` lines, and such marks inside the value
are broken up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import bot
from bot.agent.tool import describe_facts
from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.thread_text import list_unmasked_speakers
from bot.drafts.occasions import find_past_days, list_coming_occasions, load_occasions
from bot.i18n.languages import get_language
from bot.privacy import Pseudonymizer

PACKAGE = Path(bot.__file__).parent
# The folder of an installed wheel (see setup.py), and the folder of a checkout.
INSTALLED, CHECKOUT = PACKAGE / "prompt_files", PACKAGE.parent / "prompts"
PROMPTS_FOLDER = INSTALLED if INSTALLED.is_dir() else CHECKOUT
OWN_VALUES = ("today", "language", "languages", "skills", "channel_rules")  # need no fence
GAP_PATTERN = re.compile(r"\{\{(\w+)\}\}")
OCCASION_DAYS = 30  # how far ahead a market's occasions are named to the writer
MAX_FACT_CHARACTERS = 60_000  # of the facts in the first message


class UnfilledGap(Exception):
    """A placeholder of a prompt has no value: a bug in the prompt or in the handler."""


@cache
def read_prompt(name: str) -> str:
    return (PROMPTS_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def find_gaps(name: str) -> set[str]:
    return set(GAP_PATTERN.findall(read_prompt(name)))


def fill_prompt(name: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a prompt. Raises UnfilledGap when a value is missing or empty."""
    missing = sorted(gap for gap in find_gaps(name) if not values.get(gap, "").strip())
    if missing:
        raise UnfilledGap(f"prompts/{name}.md asks for {', '.join(missing)}")

    def fill(found: re.Match[str]) -> str:
        value = values[found[1]]
        return value if found[1] in OWN_VALUES else fence_value(found[1], value)

    return GAP_PATTERN.sub(fill, read_prompt(name))


def fence_value(name: str, value: str) -> str:
    """Enclose a value in its fence lines and break up any fence inside it."""
    safe = value.replace("<<<", "< < <").replace(">>>", "> > >")
    return f"<<<{name}\n{safe}\n{name}>>>"


@dataclass(frozen=True)
class RequestPrompt:
    """Fills the prompt of a request's skill. `conversation` is the thread before the request,
    `report` what is said by the report that a text starts from."""

    request: SkillRequest
    brand: Brand
    channel: Channel | None
    today: date
    conversation: str = ""
    report: str = ""

    def build_first_message(
        self, evidence: Evidence, book: FactBook, veil: Pseudonymizer, values: Mapping[str, str]
    ) -> str:
        """Return the prompt with the facts, which get their names in `book`. Personal data is
        masked. `values` fills more placeholders."""
        self.hide_speakers(veil)
        facts = [fact for fact in evidence.facts if fact.stated_by is None]
        listed = describe_facts(
            facts,
            book,
            self.request.language,
            veil,
            with_ids=True,
            most=len(facts),
            most_characters=MAX_FACT_CHARACTERS,
        )
        filled = self._list_values(veil, "\n".join(listed.lines))
        return fill_prompt(self.request.skill, {**filled, **veil.mask(dict(values))})

    def hide_speakers(self, veil: Pseudonymizer) -> None:
        veil.add_names(list_unmasked_speakers(self.request.brief.material))

    def _list_values(self, veil: Pseudonymizer, facts: str) -> dict[str, str]:
        request = veil.mask(self.request)
        conversation = veil.mask(self.conversation) or request.brief.material
        return {
            "brief": request.brief.model_copy(
                update={
                    "instructions": request.earlier_instructions,
                    "occasion": self._name_occasion(),
                }
            ).as_prompt(),
            "facts": facts or "none",
            "channel": self.channel.as_prompt(request.language) if self.channel else "none",
            "language": get_language(request.language).name,
            "material": conversation or "none",
            "report": veil.mask(self.report) or "none",
            "reason": request.reason or "none",
            "previous": request.describe_previous() or "none",
            "occasion": self._describe_occasion() or "none",
            "brand": self.brand.as_prompt(),
            "today": f"{self.today:%A, %Y-%m-%d}",
        }

    def _name_occasion(self) -> str | None:
        """Return the key of the brief's occasion, for tools, with its days."""
        key = self.request.brief.occasion
        return f"{key} ({described})" if key and (described := self._describe_occasion()) else key

    def _describe_occasion(self) -> str | None:
        """Return the occasion of the brief with its days in the market. Without one, the next
        occasions that the market's settings name."""
        brief, language = self.request.brief, self.request.language
        own = self.brand.list_occasions(brief.market)
        if occasion := load_occasions().get(brief.occasion or ""):
            periods = occasion.list_near(self.today, brief.market)
            days = "".join(f", {period.as_prompt(brief.market, self.today)}" for period in periods)
            if past := find_past_days(brief, self.today):
                days = f", {past[0]} to {past[1]}"
            unusual = f" (not among the occasions of {brief.market})" if own else ""
            unusual = "" if occasion.key in own else unusual
            return f"{occasion.title[language]}{days}{unusual}"
        coming = list_coming_occasions(own, self.today, brief.market, OCCASION_DAYS)
        named = [f"{one.title[language]} from {period.starts}" for one, period in coming]
        if not named:
            return None
        return f"none asked for; coming in {brief.market}: {', '.join(named)}"
