"""A conversation as sentences, letter for letter: whose they are, and what they may not be taken
for. What somebody quotes is not what they say, and what was said in jest is meant by nobody."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.thread_text import ThreadMessage
from bot.text.normalize import normalize_text, tokenize, word_set

SENTENCE = re.compile(r"[^.!?\n…]+(?:[.!?…]+(?=\s|$)|[.!?…]+(?=\S)[^.!?\n…]*)*[.!?…]*")
QUOTED = re.compile(r"^\s*>|^```")
BULLET = re.compile(r"^\s*(?:[•◦▪*–—-]|\d{1,2}[.)])\s+")
HEADINGS = {
    "decided": re.compile(
        r"(?:what (?:we|was) )?deci(?:sions?|ded)(?: (?:taken|made))?|decisions? prises?|decides?"
        r"|ce qui est (?:decide|acte)|acte|releve de decisions|agreed"
    ),
    "todo": re.compile(
        r"(?:next )?actions?(?: items?| points?)?|to[- ]?dos?|next steps|who does what|tasks"
        r"|a faire|qui fait quoi|prochaines etapes|taches|plan d'actions?"
    ),
    "open": re.compile(
        r"(?:still |left )?open(?: questions?| points?| issues?)?|questions?(?: ouvertes?)?"
        r"|to (?:be )?(?:decided?|discuss(?:ed)?)|tbd"
        r"|(?:points? )?ouverts?|a trancher|en suspens|reste a (?:decider|trancher)"
    ),
}
IN_JEST = re.compile(
    r":(?:roll(?:ing)?_eyes|face_with_rolling_eyes|upside_down_face|clown_face):|🙄|🙃|(?<!\w)/s\b"
    r"|^\W*(?:yeah,? (?:sure|right)|oh,? great|oh,? sure|sure,? because|as if)\b"
    r"|^\W*(?:ben voyons|bah oui|mais bien sûr|ouais,? c'est ça|super idée)\b",
    re.IGNORECASE,
)
LAUGHS = re.compile(r"\W*(?:lol|ha(?:ha)+h?|mdr+|ptdr|rofl|:joy:|:rofl:|😂|🤣)\W*", re.IGNORECASE)
SERIOUS = re.compile(
    r"\d|\b(?:decided|agreed|final|settled|décidée?|actée?|validée?)\b", re.IGNORECASE
)
IDLE = word_set(
    "about after again also another anyone because been before being could does doing done from "
    "have having here into just know like make more most much need only other over please really "
    "said same should some something still than that them then there these they thing think this "
    "those today tomorrow very want well went were what when where which while will with would "
    "your yours we're it's i'll let's avec alors aussi autre avant avez avoir avons bien cela "
    "celle celui cette chose comme comment dans demain depuis deux donc elle elles encore entre "
    "etait etre fait faire faut ils leur leurs mais meme moins notre nous parce part peut plus "
    "pour pourquoi quand quel quelle quels quelles quelqu quelque quoi sans sera serait sont sous "
    "sur tous tout toute toutes tres trop vers votre vous bonjour hello merci thanks"
)
STEM = 5


@dataclass(frozen=True)
class Sentence:
    """`section` is what its heading says it is: decided, todo, open; "" without one."""

    message: ThreadMessage
    text: str
    section: str = ""

    @property
    def plain(self) -> str:
        """With the apostrophes that patterns have, and no stars around words."""
        return self.text.replace("’", "'").strip(" *_~")

    @property
    def asks(self) -> bool:
        return self.text.rstrip(" *_)").endswith("?")

    @property
    def words(self) -> int:
        return len(self.text.split())


def sentences(said: Sequence[ThreadMessage]) -> list[Sentence]:
    """All that is meant, in its order."""
    return [one for at, message in enumerate(said) if not _in_jest(said, at)
            for one in _of(message)]  # fmt: skip


def _in_jest(said: Sequence[ThreadMessage], at: int) -> bool:
    after = said[at + 1].text if at + 1 < len(said) else ""
    laughed_at = LAUGHS.fullmatch(after) and said[at + 1].who != said[at].who
    if laughed_at and not SERIOUS.search(said[at].text):
        return True
    return bool(IN_JEST.search(said[at].text.replace("’", "'")))


def _of(message: ThreadMessage) -> Iterator[Sentence]:
    section, code = "", False
    for line in message.text.split("\n"):
        code = code ^ line.strip().startswith("```")
        if code or QUOTED.search(line) or not line.strip():
            continue
        if (heading := _heading(line)) is not None:
            section = heading
        elif section:
            yield Sentence(message, BULLET.sub("", line).strip(), section)
        else:
            for one in SENTENCE.finditer(BULLET.sub("", line)):
                if len(one[0].strip()) > 1:
                    yield Sentence(message, one[0].strip())


def _heading(line: str) -> str | None:
    """What a heading stands over; "" for a heading of something else; None when it is none."""
    bare = line.strip().strip("*_#~ ")
    marked = bare != line.strip() or bare.endswith(":") or len(bare.split()) < 3
    said = normalize_text(bare.rstrip(" :"))
    for name, shape in HEADINGS.items():
        if marked and shape.fullmatch(said):
            return name
    headed = line.strip().startswith(("*", "#")) and line.strip().endswith(("*", ":"))
    return "" if headed and not BULLET.match(line) else None


def stems(text: str) -> set[str]:
    """What a text speaks of: the beginnings of its long words, and its numbers."""
    words = (word for word in tokenize(text) if word not in IDLE)
    return {word[:STEM] for word in words if len(word) > 3 or word.isdigit()}


def first_names(said: Sequence[ThreadMessage]) -> dict[str, str]:
    """How people are called by their first name, to their whole one; the longest first."""
    names = sorted({message.who for message in said}, key=len, reverse=True)
    return {name: name.split()[0] for name in names}
