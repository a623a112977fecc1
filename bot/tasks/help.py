"""What is said to somebody who asks for nothing: a greeting, a cry for help, words without a wish.

It ends there, and no question stays open: what they write next is read afresh.
"""

import re
from collections.abc import Iterable

from bot.errors import CALM, CannotDo
from bot.i18n.messages import Words
from bot.rules.intake.skill import SMALL_TALK, WRITES
from bot.rules.intake.wishes import Wishes
from bot.rules.notices import asked_in

GREETING = re.compile(
    r"\W*(?:hello|hi|hey|good (?:morning|evening|afternoon)|bonjour|bonsoir|salut|coucou|hé)"
    r"(?: (?:there|you|all|toi|tous|à tous|super-?intern|super-?stagiaire))*\W*",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"\W*(?:(?:many )?thanks|thank you|thx|cheers|merci|ok|great|perfect|super|parfait|génial)"
    r"(?:,? (?:a lot|so much|very much|you|thanks|merci|beaucoup|bien|à toi|super-?intern))*\W*",
    re.IGNORECASE,
)
TRY = Words(
    "Ask for a text: “an e-mail: our linen shirt is back”. Or ask your data: “what do customers "
    "say?”, “whom should we target?”, “what blocks sales?”. Or drop a file of rows (CSV, Excel)."
)


def nothing_asked(words: str) -> CannotDo | None:
    """What to tell somebody who greets, thanks or asks what the intern can do."""
    if THANKS.fullmatch(words):
        return CannotDo(Words("You're welcome.", **{CALM: "yes"}))
    if SMALL_TALK.search(words.replace("’", "'")) or GREETING.fullmatch(words):
        return CannotDo(Words("I draft, you decide. {examples}", examples=TRY, **{CALM: "yes"}))
    return None


def nothing_to_write(said: Wishes, words: str, *, by_rules: bool) -> CannotDo | None:
    """What to tell somebody whose words name no product and no occasion, channel or aim: a draft
    would praise whatever the words are. An AI is left to make sense of what begins as a wish."""
    known: Iterable[object] = (
        said.channels,
        said.goal,
        said.offer,
        said.occasion,
        said.must_say,
        said.audience,
    )
    if any(known) or asked_in(words, thing=None) or (WRITES.search(words) and not by_rules):
        return None
    return CannotDo(
        Words(
            "I find none of your products in that, and nothing to tell. {examples}",
            examples=TRY,
            **{CALM: "yes"},
        )
    )
