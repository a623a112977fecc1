"""Route a message without an AI: to a skill, or to the fields of a brief, by the short table of
keywords in `routing.toml`.

Nothing is guessed. What the table does not have stays in `FoundFields.rest`, so that whoever uses
the fields can say what was not used.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import BaseModel

from bot.core.channels import Channel, load_channels
from bot.core.request import Goal
from bot.drafts.occasions import find_named_occasion
from bot.i18n.codes import take_codes
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.i18n.periods import index_month_names, index_weekday_names
from bot.offline.question_words import (
    asks_for_figures,
    drop_measure_names,
    names_only_figures,
)
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words, is_only_given_name
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import straighten_apostrophes, tokenize

ROUTING_FILE = Path(__file__).with_suffix(".toml")
COPY_SKILL, ANSWER_SKILL = "draft", "answer"
DAY_TOKENS = 4  # of a date, within which its day stands: "du 8 au 12 janvier"
WORDS_BEFORE_QUOTE = 4  # among which a "not" makes the quote unwanted
FIELD_GROUPS = ("goals", "notices", "languages")  # whose phrases stand anywhere in the words
MAX_REPLY_WORDS = 12  # of a reply that asks for another version
_PIECE_ENDS = re.compile(r"[,;:.!?()]+(?=\s|$)|\n|\s[–—-]\s")
_AMOUNT_SPACE = re.compile(r"(?<=\d)\s+(?=[%€£$])")
_QUOTED = re.compile(r"[“\"«]\s*([^”\"»]+?)\s*[”\"»]")

Tokens = Sequence[str]


class Route(NamedTuple):
    """`skill` is None where the words ask for no skill, for several (`candidates`), or for a text
    that we don't write: `unsupported`."""

    skill: str | None = None
    candidates: tuple[str, ...] = ()
    unsupported: str | None = None


class FoundFields(BaseModel, frozen=True):
    """The fields of a brief that were found in the words; `rest` is what no field took."""

    channels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # of the language and country of each text: "EN UK"
    language: Language | None = None
    goal: Goal | None = None
    notice: str | None = None
    offer: str | None = None
    audience: str | None = None
    occasion: str | None = None
    dates: str | None = None
    must_say: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()


def find_skill(
    words: str, skills: Collection[str], commands: Mapping[str, str] | None = None
) -> Route:
    """Return which of these skills the words ask for. Words that begin with the name of a skill,
    or with its slash command in `commands`, ask for that skill: if it is a verb, before a colon."""
    tokens = tokenize(words)
    named = [*zip(skills, skills, strict=True), *(commands or {}).items()]
    names = {" ".join(tokenize(own)): name for own, name in named if name in skills}
    verbs, head = load_routing()["beginnings"]["verbs"], " ".join(tokenize(words.partition(":")[0]))
    begun = [" ".join(tokens[:count]) for count in range(len(tokens), 0, -1)]
    if own := next((b for b in begun if b in names and (b == head or b not in verbs)), None):
        return Route(names[own])
    beginning = _skip_polite_words(tokens)
    if COPY_SKILL in skills and _begins_with_channel(beginning):
        end = next(end for _, end, _ in _locate_channels(beginning))
        is_for = {*beginning[end : end + 1]} & {*load_routing()["fields"]["audience"]["begins"]}
        is_figures = ANSWER_SKILL in skills and not is_for and asks_for_figures(words, date.today())
        return Route(ANSWER_SKILL if is_figures else COPY_SKILL)
    scores = {n: _score(tokens, *some) for n, some in _list_phrases().items() if n in skills}
    best = [name for name, score in scores.items() if score and score == max(scores.values())]
    has_channel, can_write = any(_locate_channels(tokens)), COPY_SKILL in skills
    asks, writes = (_begins_with(beginning, kind) for kind in ("question", "write"))
    notice = 0 if asks or _begins_with(beginning, "show") else _score_notice(beginning)
    if can_write and notice and has_channel and not best:
        return Route(COPY_SKILL)
    is_new = can_write and not has_channel and (writes or not (best or asks))
    if is_new and (thing := _find_unsupported(beginning)):
        return Route(unsupported=thing)
    if can_write and writes and (has_channel or not best):
        return Route(COPY_SKILL)
    if len(best) > 1:  # a question takes what no other skill does
        best = [name for name in best if name != ANSWER_SKILL]
    if not best and ANSWER_SKILL in skills and _is_question(words, beginning):
        best = [ANSWER_SKILL]
    if best == [ANSWER_SKILL] and has_channel and not asks:  # "our best sellers newsletter"
        best = []
    begins = load_routing()["beginnings"]
    is_both = has_channel and ({*begins["write"]} - {*begins["verbs"]}) & {*tokens}
    if best and can_write and (is_both or notice > max(scores.values())):
        best.append(COPY_SKILL)  # "sum up the reviews and write an e-mail", "ask for a review"
    return Route(best[0]) if len(best) == 1 else Route(None, tuple(best))


def find_message_kind(words: str) -> str | None:
    """Return "thanks", "greeting" or "never_mind" when the whole message is nothing else."""
    table: dict[str, list[str]] = load_routing()["messages"]
    kinds = {tuple(one.split()): kind for kind, some in table.items() for one in some}
    left, found = tokenize(words), set[str | None]()
    while left:
        said = max((one for one in kinds if tuple(left[: len(one)]) == one), key=len, default=())
        found.add(kinds.get(said))
        left = left[len(said) or len(left) :]
    return found.pop() if len(found) == 1 else None


def asks_for(kind: str, words: str) -> bool:
    """Return whether one of the words is about this kind of report: "plan", "leaving" …"""
    tables: dict[str, dict[str, list[str]]] = load_routing()["report_words"]
    phrases = next(table[kind] for table in tables.values() if kind in table)
    return _names_one_of(tokenize(words), phrases)


def find_revision(words: str) -> str | None:
    """Return what a short reply under a draft asks for: "shorter", "longer", "angle" or
    "language"."""
    tokens = tokenize(words)
    return _find_entry("revisions", tokens) if len(tokens) <= MAX_REPLY_WORDS else None


def find_audience(words: str) -> str | None:
    """Return the kind of customers that an audience is: "loyal", "lapsed" or "new"."""
    return _find_entry("audiences", tokenize(words))


def find_channels(words: str) -> tuple[str, ...]:
    """Return the keys of the marketing channels that the words name, in their order."""
    return tuple(dict.fromkeys(key for _, _, key in _locate_channels(tokenize(words))))


def read_fields(words: str) -> FoundFields:
    words, codes = take_codes(straighten_apostrophes(words), _ends_with_channel)
    written_in = detect_language(words, WRITTEN_LANGUAGES)
    for language, spellings in load_routing()["spellings"].items():
        for wrong, right in spellings.items() if written_in in (None, language) else ():
            words = re.sub(rf"\b{wrong}\b", right, words)
    fields = load_routing()["fields"]
    found: dict[str, list[str]] = {kind: [] for kind in (*fields, "rest")}
    for match in _QUOTED.finditer(words):
        before = {*tokenize(words[: match.start()])[-WORDS_BEFORE_QUOTE:]}
        is_unwanted = before & {*fields["none"]["begins"]}
        found["none" if is_unwanted else "must_say"].append(match[1])
    for piece in _PIECE_ENDS.split(_QUOTED.sub(" , ", words)):
        for kind, part in _split_piece(piece.split()):
            if text := _trim_field(kind, part):
                found[kind].append(text)
    news, occasion = words, find_named_occasion(words)
    for text in (*found["audience"], *found["must_say"]):  # "new customers" is no news
        news = news.replace(text, " ")
    people, every = fields["audience"]["contains"], tokenize(words)
    named = tokenize(occasion[1]) if occasion else ()  # nor is "new year"
    pairs = [pair for pair in pairwise([*tokenize(news), ""]) if pair[0] not in named]
    tokens = [token for token, after in pairs if not _names_one_of([after], people)]
    names: dict[str, list[str]] = load_routing()["languages"]
    coded = {*tokenize(codes[0])} if codes else set()
    is_in = (one for one in LANGUAGES if one in coded or _names_one_of(every, names[one]))
    return FoundFields(
        channels=find_channels(words),
        codes=tuple(codes),
        language=next(is_in, None),
        goal=cast(Goal | None, _find_entry("goals", tokens)),
        notice=_find_entry("notices", every),
        offer=", ".join(found["offer"]) or None,
        audience=", ".join(found["audience"]) or None,
        occasion=occasion[0].key if occasion else None,
        dates=", ".join(found["dates"]) or None,
        must_say=tuple(found["must_say"]),
        rest=tuple(found["rest"]),
        left_over=tuple(found["none"]),
    )


def names_one_person(words: str, *own: str | None) -> bool:
    """Return whether the words are about one person: by address, by a name as in "to Rita", or as
    "a customer". `own` are the names of the brand and the products: the rose "Pierre de Ronsard" is
    no person."""
    table, known = load_routing(), build_own_words([*filter(None, own)])
    begins = {*table["fields"]["audience"]["begins"]}
    is_addressed = any(
        name[:1].isupper() and is_only_given_name(name, known) and {*tokenize(before)[-1:]} & begins
        for before, name in pairwise(words.split())
    )
    is_kind = _names_one_of(tokenize(words), table["one_person"]["phrases"])
    return is_addressed or is_kind or Pseudonymizer(known).mask(words) != words


def list_content_words(text: str) -> list[str]:
    """Return the words of a piece that are neither fillers nor keywords of a field."""
    tokens, table = tokenize(text), load_routing()
    groups = [phrases for group in FIELD_GROUPS for phrases in table[group].values()]
    known = _load_words("fillers") | _list_matching(tokens, *groups)
    known |= {t for start, end, _ in _locate_channels(tokens) for t in tokens[start:end]}
    if occasion := find_named_occasion(text):
        known |= {*tokenize(occasion[1])}
    return [word for word in text.split() if not {*tokenize(word)} <= known]


def drop_audience_preposition(words: str) -> str:
    """ "for Gold customers" → "Gold customers"."""
    return _drop_front(words, load_routing()["fields"]["audience"]["begins"])


def list_unread_words(words: str, skill: str, names: Collection[str] = ()) -> tuple[str, ...]:
    """Return what the request for a report says beyond the phrases of its skill and these names of
    what was read, such as a product or days. Words that stand together are one quote."""
    table, tokens = load_routing(), tokenize(words)
    reports = table["report_words"]["every"] | table["report_words"].get(skill, {})
    known = _load_words("fillers") | {t for name in (skill, *names) for t in tokenize(name)}
    known |= _list_matching(tokens, _list_phrases().get(skill, ()), *reports.values())
    for kind in ("polite", "question"):
        known |= {*" ".join(table["beginnings"][kind]).split()}
    quotes: list[list[str]] = [[]]
    for word in straighten_apostrophes(words).split():
        if {*tokenize(word)} <= known:
            quotes.append([])
        else:
            quotes[-1].append(word)
    found = (" ".join(quote).strip(' .,;:!?()«»“”"') for quote in quotes)
    return tuple(dict.fromkeys(filter(None, found)))


@cache
def load_routing() -> dict[str, dict[str, Any]]:
    return tomllib.loads(ROUTING_FILE.read_text(encoding="utf-8"))


# Pieces of the words.


def _split_piece(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a piece and their texts. A word that begins a field ends the one before,
    if what follows it is such a field; what must be said goes on to the end."""
    begun, kind = 0, _classify(words, 0) if words else "rest"
    for at in range(1, len(words)):
        found = _classify(words, at)
        is_unwanted = kind == "none" and found in ("must_say", "offer")  # "without a code"
        if found in ("rest", kind) or kind == "must_say" or is_unwanted:
            continue
        yield kind, " ".join(words[begun:at])
        begun, kind = at, found
    yield kind, " ".join(words[begun:])


def _classify(words: list[str], at: int) -> str:
    """Return the field that begins at this word, else "rest": with one of the field's own words, as
    a reduction or a weekday, or as the first words of a piece, if they have an offer or a date."""
    fields, ahead = load_routing()["fields"], words[at:]
    firsts = [next(iter(tokenize(word)), "") for word in ahead]
    starts = {word for table in fields.values() for word in table["begins"]}
    starts -= {*fields["dates"]["also_inside"]}
    end = next((n for n in range(2, len(ahead)) if firsts[n] in starts), None)
    first, tokens = firsts[0], tokenize(" ".join(ahead[:end]))
    for kind, table in fields.items():
        if first in table["begins"] and _contains(kind, ahead[:end], tokens[1:] or tokens):
            return str(kind)
    if _begins_discount(ahead):
        return "offer"
    if at == 0 and first and _contains("offer", ahead[:end], tokens):
        return "rest" if any(_begins_discount(words[n:]) for n in range(1, len(words))) else "offer"
    is_date = at == 0 and first.isdigit() and _has_day(tokenize(" ".join(words)))
    is_weekday = first in index_weekday_names() and _has_day(
        tokenize(" ".join(words[max(0, at - 1) : at + 1]))
    )
    return "dates" if is_date or is_weekday else "rest"


def _contains(kind: str, words: Sequence[str], tokens: Tokens) -> bool:
    """Return whether the words have what makes them such a field."""
    phrases = load_routing()["fields"][kind]["contains"]
    if kind == "dates":
        tokens = tokens[:DAY_TOKENS]
    is_reduced = kind == "offer" and any(_begins_discount(words[n:]) for n in range(len(words)))
    is_dated = kind == "dates" and _has_day(tokens)
    is_any = phrases == ["*"] and bool(tokens)
    return is_any or is_reduced or is_dated or _names_one_of(tokens, phrases)


def _has_day(tokens: Tokens) -> bool:
    """Return whether the words name a day or a month. "Black Friday" is no Friday."""
    days = {*index_month_names()} | {*index_weekday_names()}
    not_after = load_routing()["fields"]["dates"]["not_after"]
    return any(one in days and before not in not_after for before, one in pairwise(["", *tokens]))


def _begins_discount(words: Sequence[str]) -> bool:
    """Return whether the words begin with a reduction: -20 %, −5€, "20 % off", "£100 off". "100%
    linen" is none."""
    first, *rest = _AMOUNT_SPACE.sub("", " ".join(words[:5])).split()
    ahead = tokenize(" ".join(rest[:3]))
    if first[:1] in {*"-−–"} and first[1:2].isdigit():
        return True
    is_amount = any(sign in first for sign in "%€£$") and any(c.isdigit() for c in first)
    return is_amount and bool({*ahead[:2]} & {*load_routing()["fields"]["offer"]["reductions"]})


def _trim_field(kind: str, text: str) -> str:
    """Return the text of a field without the words in front that name it or the channel."""
    text, table = text.strip(" .,;:!?"), load_routing()["fields"].get(kind, {})
    if kind in ("offer", "rest"):
        content = list_content_words(text)
        words = text.split()
        front = words.index(content[0]) if content else 0
        return " ".join(words[front:]) if kind == "offer" else text if content else ""
    if "introduced_by" in table:
        return _drop_front(text.partition(" ")[2], table["introduced_by"])
    return text


def _drop_front(text: str, words: Collection[str]) -> str:
    """Return the text without its first word, if that is one of these."""
    end = min((at for mark in " '" if (at := text.find(mark)) > 0), default=0)
    return text[end + 1 :].strip() if end and {*tokenize(text[:end])} <= {*words} else text


# Phrases.


@cache
def _list_phrases() -> Mapping[str, Sequence[str]]:
    """Return the phrases of each skill that has some, in all languages."""
    tables: dict[str, dict[str, list[str]]] = load_routing()["skills"]
    return {name: [*chain.from_iterable(table.values())] for name, table in tables.items()}


@cache
def _load_words(group: str) -> frozenset[str]:
    return frozenset(" ".join(load_routing()[group].values()).split())


def _find_entry(group: str, tokens: Tokens) -> str | None:
    """Return the entry of a table whose longest phrase the tokens have."""
    scores = {name: _score(tokens, *phrases) for name, phrases in load_routing()[group].items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else None


def _score(tokens: Tokens, *phrases: str) -> int:
    """Return how many words the longest phrase has of those whose words stand in this order."""
    return max((len(_locate(tokens, phrase) or ()) for phrase in phrases), default=0)


def _list_matching(tokens: Tokens, *groups: Sequence[str]) -> set[str]:
    """Return the tokens that are words of one of these phrases."""
    return {t for phrases in groups for phrase in phrases for t in _locate(tokens, phrase) or ()}


def _locate(tokens: Tokens, phrase: str) -> list[str] | None:
    """Return the tokens that match the words of the phrase, None when one is missing."""
    left, found = iter(tokens), list[str]()
    for word in phrase.split():
        match = next((token for token in left if fnmatchcase(token, word)), None)
        if match is None:
            return None
        found.append(match)
    return found


def _names_one_of(tokens: Tokens, phrases: Sequence[str]) -> bool:
    """Return whether one of the phrases stands in the tokens, its words side by side."""
    said = f" {' '.join(tokens)} "
    return any(f" {phrase} ".replace("* ", "") in said for phrase in phrases)


def _locate_channels(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and key of the channels that the tokens name; the longest name wins."""
    singular, names = tuple(token.removesuffix("s") for token in tokens), _list_channel_names()
    at, longest = 0, max(map(len, names))
    while at < len(tokens):
        ends = range(min(at + longest, len(tokens)), at, -1)
        end = next((end for end in ends if singular[at:end] in names), at + 1)
        if key := names.get(singular[at:end]):
            yield at, end, key
        at = end


def _ends_with_channel(words: str) -> bool:
    tokens = tokenize(words)
    return any(end == len(tokens) for _, end, _ in _locate_channels(tokens))


def _list_ad_names(channel: Channel) -> Iterator[str]:
    """Yield "facebook ad", "publicité facebook", "ad on facebook"."""
    ads = load_routing()["ads"]
    for place, ad in product(channel.ads_on, ads["called"]):
        yield f"{place} {ad}"
        yield from (f"{ad} {between} {place}" for between in ads["between"])


@cache
def _list_channel_names() -> Mapping[tuple[str, ...], str]:
    """Return the channels by the words of their names, in the singular."""
    ambiguous = load_routing()["beginnings"]["no_channel"]
    found = dict[tuple[str, ...], str]()
    for key, channel in load_channels().items():
        titles = [Words(channel.title).to(one) for one in LANGUAGES]
        for name in {*channel.names, *titles, *_list_ad_names(channel)} - {*ambiguous}:
            found.setdefault(tuple(token.removesuffix("s") for token in tokenize(name)), key)
    return found


def _skip_polite_words(tokens: Tokens) -> Tokens:
    polite = [phrase.split() for phrase in load_routing()["beginnings"]["polite"]]
    while skipped := max((len(one) for one in polite if [*tokens[: len(one)]] == one), default=0):
        tokens = tokens[skipped:]
    return tokens


def _begins_with(tokens: Tokens, kind: str) -> bool:
    return bool(tokens) and tokens[0] in load_routing()["beginnings"][kind]


def _begins_with_channel(tokens: Tokens) -> bool:
    """Whether they begin so: "e-mail …", "welcome e-mail …", but not "tendances instagram"."""
    first = next((start for start, _, _ in _locate_channels(tokens)), None)
    if first == 1 and any(_score(tokens[:1], *some) for some in _list_phrases().values()):
        return False
    return first in (0, 1) and not _begins_with(tokens, "question")


def _score_notice(tokens: Tokens) -> int:
    """Return how many words the ready text has that they begin with: "abandoned basket …"."""
    phrases = chain.from_iterable(load_routing()["notices"].values())
    found = [_locate(tokens, phrase) or [] for phrase in phrases]
    return max(len(one) for one in found if {*one[:1]} <= {*tokens[:2]})


def _find_unsupported(beginning: Tokens) -> str | None:
    """Return the text that is asked for and that we don't write: "LinkedIn post about …"."""
    is_verb = _begins_with(beginning, "write")
    start = [*_skip_polite_words(beginning[1:] if is_verb else beginning)]
    for thing in load_routing()["unsupported"]["things"]:
        own = tokenize(thing)
        if own in (start[: len(own)], start[1 : len(own) + 1]):
            return str(thing)
    return None


def _is_question(words: str, beginning: Tokens) -> bool:
    words = " ".join(words.split())
    asks = _begins_with(beginning, "question") or (words.endswith("?") and words.count(" ") > 1)
    shows = _begins_with(beginning, "show") and drop_measure_names(words, 1) != words
    return asks or shows or names_only_figures(words, date.today())
