"""Standard texts without an AI: one template for each channel and language, filled in with the
facts of the catalogue and the fields of the brief.

The catalogue's own sentences are taken word for word; nothing is concluded from them. The templates
are in `templates/<language>.toml`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.config.brand import Brand
from bot.core.channels import Channel, PartLimit, count_sms_segments, measure_text
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy
from bot.core.request import SkillRequest
from bot.drafts.occasions import can_name_without_offer, load_occasions
from bot.errors import CannotDo
from bot.grounding.legal import ALCOHOL_WARNING, is_alcohol
from bot.grounding.style import CLICHE_PATTERN, contains_words
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.i18n.typography import choose_address_form, convert_to_gsm7, insert_nbsp
from bot.offline import OfflineContext
from bot.offline.routing import (
    detect_typed_language,
    find_audience,
    find_revision,
    names_one_person,
)
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import (
    collapse_spaces,
    is_usable_sentence,
    normalize_text,
    split_sentences,
    strip_html,
    tokenize,
)

TEMPLATES_FOLDER = Path(__file__).with_name("templates")
MAX_SENTENCES = {"shorter": 1, "longer": 6}  # of the catalogue, by what a send-back asks for
DEFAULT_SENTENCES, MAX_PAGE_SENTENCES = 3, 8
ONE_SMS = 1  # segment
INFERRED = ("colours", "materials")  # a catalogue without such a column may get them from its text
SINGULAR_GAPS = {"sizes": "size", "colours": "colour", "materials": "material"}
DERIVED_VALUES = ("price_line", "price_short", *(f"{gap}_line" for gap in SINGULAR_GAPS), "details")
LINK_TAG = len("?utm_campaign=si-1a2b3c4d")  # what a link to our site gets before it goes out
ONE_PERSON = Words(
    "Without an AI I write to many, not to one person. The form has ready texts: a late parcel, "
    "sold out, a review. Or write your own, and I check it."
)
_GAP = re.compile(r"\{(\w+)\}")
_NAME_ENDS = (" - ", " – ", " | ", ", ", " (")
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class FilledText:
    text: str
    facts: tuple[str, ...] = ()


def write_offline_draft(ctx: OfflineContext, output: type[T]) -> T:
    """Fill in the template of the request's channel. Raises CannotDo where there is no template."""
    if ctx.channel is None:
        raise CannotDo(Words("A text needs a channel: name one."))
    brief = ctx.request.brief
    if not brief.notice and names_one_person(brief.words, brief.product_words, ctx.brand.name):
        raise CannotDo(ONE_PERSON)
    writer = TemplateWriter(ctx.request, ctx.brand, ctx.channel, ctx.evidence)
    return output.model_validate(writer.write(output))


def list_notes(ctx: OfflineContext) -> tuple[Check, ...]:
    """Return what people should know about the text: that the brand has no SMS sender."""
    segments = ctx.channel and any(one.unit == "segments" for one in ctx.channel.parts.values())
    if not segments or ctx.brand.sender:
        return ()
    missing = Words("No SMS sender in brand.toml: the text begins with {brand}.")
    words = missing.with_params(brand=ctx.brand.name)
    return (Check(rule="sender", level="warn", words=words),)


def detect_catalogue_language(evidence: Evidence, handle: str | None) -> Language | None:
    """Return the language of a product's description, None when it has none or is not clear."""
    fact = evidence.get(f"product.{handle}.description")
    return detect_typed_language(strip_html(str(fact.value))) if fact else None


@cache
def load_templates(language: Language) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def needs_product(channel: str) -> bool:
    """Return whether a text for this channel can only be about a product of the catalogue."""
    return bool(load_templates(LANGUAGES[0])["channels"].get(channel, {}).get("needs_product"))


def list_notices() -> tuple[str, ...]:
    """Return the keys of the ready texts."""
    return tuple(load_templates(LANGUAGES[0])["notices"])


@dataclass
class TemplateWriter:
    """Writes one text. `wish` is what a send-back asks for: see `find_revision`."""

    request: SkillRequest
    brand: Brand
    channel: Channel
    evidence: Evidence
    wish: str | None = field(init=False, default=None)
    texts: dict[str, Any] = field(init=False, default_factory=dict)
    values: dict[str, tuple[FilledText, ...]] = field(init=False, default_factory=dict)
    told: str = field(init=False, default="")  # the first part, which the others do not repeat

    def __post_init__(self) -> None:
        self.texts = load_templates(self.request.language)
        reasons = (self.request.reason or "").split(". ")
        self.wish = next((wish for reason in reasons if (wish := find_revision(reason))), None)
        self._find_templates()
        self.values = self._collect_values()

    def write(self, output: type[BaseModel]) -> dict[str, object]:
        """Return the parts by their keys."""
        templates = self._find_templates()
        written: dict[str, object] = {"hooks": []} if "hooks" in output.model_fields else {}
        for key in output.model_fields:
            if key in templates:
                texts = self._write_part(templates[key], self.channel.parts[key], key)
                written[key] = texts if self.channel.parts[key].items else texts[0]
                self.told = self.told or normalize_text(texts[0].text if texts else "")
        return written

    # Parts.

    def _find_templates(self) -> dict[str, Any]:
        kind = "notice_channels" if self.request.brief.notice else "channels"
        found: dict[str, Any] | None = self.texts[kind].get(self.channel.key)
        if found is None:
            words = Words("Without an AI, I have no such text for {channel}.")
            raise CannotDo(words.with_params(channel=Words(self.channel.title)))
        return found

    def _write_part(self, template: Mapping[str, Any], limit: PartLimit, key: str) -> list[Copy]:
        """Return the text of a part, or the texts of a part that is a list."""
        if "all" in template:
            return [self._finish(self._join_blocks(template, limit, key))]
        kept = [one.text for one in self.request.kept if one.part == key]
        if kept:
            return [Copy(text=" ".join(kept))]
        texts = [one for text in template.get("first", ()) for one in self._fill(text)]
        if limit.items is None:
            shortest = min(texts, key=lambda one: len(one.text), default=FilledText(""))
            fitting = [one for one in texts if self._fits(one.text, limit)]
            new = (one for one in fitting if not self._is_told(one.text))
            return [self._finish(next(new, next(iter(fitting), shortest)))]
        fewest, most = limit.items
        each = self._list_distinct(template.get("each", ()), limit)
        more = [
            one for one in self._list_distinct(template.get("more", ()), limit) if one not in each
        ]
        chosen = each[:most] if len(each) >= fewest else [*each, *more][:fewest]
        return [self._finish(one) for one in chosen]

    def _list_distinct(self, templates: Sequence[str], limit: PartLimit) -> list[FilledText]:
        """Return the texts that fit, each once."""
        found: dict[str, FilledText] = {}
        for one in (filled for text in templates for filled in self._fill(text)):
            if self._fits(one.text, limit):
                found.setdefault(normalize_text(one.text).strip(" ."), one)
        return list(found.values())

    def _join_blocks(self, template: Mapping[str, Any], limit: PartLimit, key: str) -> FilledText:
        """Join the blocks; those that the template lets fall go until the text fits. An SMS is kept
        to one segment where that can be done."""
        dropped = list(template.get("drop", ()))
        kept = [FilledText(one.text) for one in self.request.kept if one.part == key]
        tries = [
            joined
            for count in range(len(dropped) + 1)
            for joined in self._join_each(
                [block for block in template["all"] if block not in dropped[:count]],
                kept,
                str(template.get("apart", " ")),
            )
        ]
        if limit.unit == "segments":
            sized = [(_count_segments(one.text), one) for one in tries]
            best = (one for most in (ONE_SMS, limit.most) for size, one in sized if size <= most)
            return next(best, tries[-1])
        return next((one for one in tries if self._fits(one.text, limit)), tries[-1])

    def _join_each(
        self, blocks: Sequence[str], kept: Sequence[FilledText], apart: str
    ) -> Iterator[FilledText]:
        """Yield the blocks joined, once for each catalogue sentence that can stand in them. What a
        person wrote stands before the last block."""
        choices = []
        for block in blocks:
            filled = list(self._fill(block))
            if block == "{sentence}":  # one that stands in the title is not said again
                filled = [one for one in filled if not self._stands_in_first(one.text)] or filled
            if filled:
                has_several = "{sentence}" in block or "{link}" in block
                choices.append(filled if has_several else filled[:1])
        for chosen in product(*choices):
            yield _join([*chosen[:-1], *kept, *chosen[-1:]], apart)

    def _is_told(self, text: str) -> bool:
        """Return whether one of this text and the first part contains the other."""
        said = normalize_text(self._set_type(text)).strip(" .")
        return bool(self.told) and (said in self.told or self.told.strip(" .") in said)

    def _stands_in_first(self, text: str) -> bool:
        return normalize_text(self._set_type(text)).strip(" .") in self.told

    def _fits(self, text: str, limit: PartLimit) -> bool:
        refused = set(limit.refused)
        fewest = 10 if limit.items and limit.most > 200 else 1
        shown = self._set_type(text)
        return fewest <= measure_text(shown, limit) <= limit.most and not refused & set(shown)

    def _finish(self, filled: FilledText) -> Copy:
        return Copy(text=self._set_type(filled.text), facts=tuple(dict.fromkeys(filled.facts)))

    def _set_type(self, text: str) -> str:
        """Return the text with the brand's form of address and the typography of its language."""
        text = choose_address_form(text, self.brand.address)
        text = insert_nbsp(text, self.request.language)
        if any(limit.unit == "segments" for limit in self.channel.parts.values()):
            text = convert_to_gsm7(text)
        return text

    # Values.

    def _fill(self, template: str) -> Iterator[FilledText]:
        """Yield the template filled in, once for each value of a gap that has several; nothing when
        a gap has no value."""
        names = list(dict.fromkeys(_GAP.findall(template)))
        for chosen in product(*[self.values.get(name, ()) for name in names]):
            text = template
            for name, one in zip(names, chosen, strict=True):
                text = text.replace(f"{{{name}}}", one.text)
            yield FilledText(text, tuple(id for one in chosen for id in one.facts))

    def _fill_first(self, templates: Sequence[str]) -> FilledText | None:
        return next((one for text in templates for one in self._fill(text)), None)

    def _set(self, name: str, *values: FilledText | str | None) -> None:
        some = [FilledText(one) if isinstance(one, str) else one for one in values if one]
        some = [one for one in some if one.text.strip()]
        if some:
            self.values[name] = tuple(some)

    def _text(self, name: str) -> str:
        return self.values[name][0].text if name in self.values else ""

    def _collect_values(self) -> dict[str, tuple[FilledText, ...]]:
        brief, brand = self.request.brief, self.brand
        self._set("brand", brand.name)
        self._set("sender", brand.sender or brand.name)
        written_in = detect_language(brand.about or "", WRITTEN_LANGUAGES)
        self._set("about", brand.about if written_in == self.request.language else None)
        self._set("signature", brand.get_signature(self.request.language) or brand.name)
        self._set("brand_tag", _make_tag(brand.name))
        if brand.site:
            self._set("host", brand.site.partition("://")[2].rstrip("/"))
            self._set("link", brand.site)
        self._set_product_values()
        self._set_brief_values()
        self._set_opening()
        self._set_derived_values()
        self._set_mentions()
        if brief.notice:
            self._set_notice(brief.notice)
        return self.values

    def _set_product_values(self) -> None:
        """Names, prices and sentences, each with the facts that they come from."""
        brief = self.request.brief
        handles = [handle for handle in (brief.product, *brief.others) if handle]
        names = [_strip_exclamation(n) for handle in handles if (n := self._find(handle, "name"))]
        if len(names) > 1:
            self._set_several(handles, names)
            return
        if not names:
            if brief.product_words and not brief.notice:
                self._set("name", brief.product_words)
            return
        handle = handles[0]
        self._set("name", names[0])
        self._set("short_name", _shorten_name(names[0]))
        prices = self._find_price(handle)
        self._set("price" if prices[1] else "price_from", prices[0])
        for label in ("sizes", "colours", "materials", "type", "vendor"):
            value = self._find(handle, label)
            if value is not None and label in INFERRED and self._stands_in_text(handle, value):
                continue
            if value is not None and label in SINGULAR_GAPS and ", " not in value.text:
                label = SINGULAR_GAPS[label]
            self._set(label, value)
            if value is not None and label == "type":
                last = value.text.split(">")[-1].strip()
                self._set("type", FilledText(last, value.facts))
                self._set("type_tag", FilledText(_make_tag(last), value.facts))
        link = self._find(handle, "link")
        if link is not None and link.text.startswith("http"):
            self._set("link", link, *self.values.get("link", ()))
        sentences = self._list_sentences(handle)
        sizing = [one for one in sentences if self._is_about_sizing(one.text)]
        others = [one for one in sentences if one not in sizing]
        most = MAX_SENTENCES.get(self.wish or "", DEFAULT_SENTENCES)
        self._set("sentence", *others)
        self._set("sentences", _join(others[:most], " "))
        self._set("all_sentences", _join(others[: most if self.wish else MAX_PAGE_SENTENCES], " "))
        self._set("sizing", _join(sizing, " "))

    def _set_several(self, handles: Sequence[str], names: Sequence[FilledText]) -> None:
        """One text about several products: a paragraph for each."""
        self._set("first", _join(names[:-1], ", "))
        self._set("last", names[-1])
        self._set("name", self._fill_first(self.texts["values"]["joined"]))
        paragraphs, every = [], list[FilledText]()
        for handle, name in zip(handles, names, strict=False):
            price, is_exact = self._find_price(handle)
            title = _join([name, price], ", ") if price and is_exact else name
            sentences = self._list_sentences(handle)[: 1 if self.wish == "shorter" else 2]
            first = FilledText(f"{title.text}.", title.facts)
            paragraphs.append(_join([first, *sentences], " "))
            every += sentences
        for gap in ("sentences", "all_sentences"):
            self._set(gap, _join(paragraphs, "\n\n"))
        self._set("sentence", *every)

    def _set_brief_values(self) -> None:
        brief = self.request.brief
        offer = self._strip_name((brief.offer or "").strip(" ."))
        self._set("offer", offer)
        self._set("offer_cap", _capitalize(offer))
        dates = (brief.dates or "").strip(" .")
        self._set("dates", dates)
        self._set("dates_cap", _capitalize(dates))
        sentences = [
            _end_sentence(_capitalize(one.strip())) for one in brief.must_say if one.strip()
        ]
        self._set("must_say", " ".join(sentences))
        self._set("message_short", sentences[0].rstrip(".") if sentences else None)
        audience = find_audience(brief.audience or "")
        self._set("audience_line", self.texts["audiences"][audience] if audience else None)
        occasion = load_occasions().get(brief.occasion or "")
        if occasion is not None and (offer or can_name_without_offer(occasion)):
            title = occasion.title[self.request.language]
            self._set("occasion", _capitalize(title))
            self._set("occasion_tag", _make_tag(title))
            if can_name_without_offer(occasion):
                self._set("for_occasion", title)

    def _strip_name(self, offer: str) -> str:
        """Return the offer without the product's name at its ends: "15% off the Quai shelf"."""
        words, name = offer.split(), {*tokenize(self._text("name"))}
        small = name | {*self.texts["reading"]["small"]}
        start = next((n for n, one in enumerate(words) if not _has_only(one, name)), 0)
        behind = next((n for n, one in enumerate(words[::-1]) if not _has_only(one, small)), 0)
        end = len(words) - behind
        is_named = len(name & {*tokenize(" ".join(words[end:]))}) > 1  # and no code: "RAIN"
        return " ".join(words[start if start > 1 else 0 : end if is_named else None])

    def _set_opening(self) -> None:
        """The headlines and the first sentence. What they say is not said again further on."""
        opening = self.texts["openings"][self._choose_opening()]
        headlines = [one for text in opening["headline"] for one in self._fill(text)]
        if self.wish == "angle" and len(headlines) > 1:
            headlines = [*headlines[1:], headlines[0]]
        headlines = [FilledText(_capitalize(one.text), one.facts) for one in headlines]
        self._set("headline", *headlines)
        offer, dates = (
            self.values.get(gap, (FilledText(""),))[0].text for gap in ("offer", "dates")
        )
        whole = [text for text in opening["news"] if "{dates}" not in text or "{offer" in text]
        news = self._fill_first(whole if offer else opening["news"])
        self._set("news", FilledText(_capitalize(news.text), news.facts) if news else None)
        said = normalize_text(news.text if news else "")
        if normalize_text(offer) not in said:
            self._set("offer_line", self._fill_first(self.texts["values"]["offer_line"]))
        if not offer and normalize_text(dates) not in said:
            self._set("dates_line", self._fill_first(self.texts["values"]["dates_line"]))

    def _choose_opening(self) -> str:
        brief = self.request.brief
        if "name" not in self.values:
            return "topic"
        if brief.goal in ("back in stock", "launch"):
            return "back" if brief.goal == "back in stock" else "launch"
        if "occasion" in self.values:
            return "occasion"
        return "offer" if "offer" in self.values else "plain"

    def _set_derived_values(self) -> None:
        for name in DERIVED_VALUES:
            if self.wish != "shorter" or name.startswith("price"):
                self._set(name, self._fill_first(self.texts["values"][name]))
        calls = self.texts["calls"]
        kind = "topic" if "name" not in self.values else "any"
        kind = "offer" if "offer" in self.values else kind
        self._set("call", *(one for text in calls[kind] for one in self._fill(text)))

    def _set_mentions(self) -> None:
        """The mentions that the brand and the law ask for, and how to stop."""
        brand, language = self.brand, self.request.language
        asked = [
            one.text
            for one in brand.mentions
            if (not one.channels or self.channel.key in one.channels)
            and one.language in (None, language)
        ]
        stops = any("stop" in tokenize(text) for text in asked)
        self._set("mentions", " ".join(asked))
        if not stops:
            self._set("stop", self.texts["values"]["stop"][0])
        if is_alcohol(self._text("name") or self.request.brief.words):
            self._set("caution", ALCOHOL_WARNING.get(language))

    def _set_notice(self, notice: str) -> None:
        texts = self.texts["notices"][notice]
        for key in ("subject", "preheader", "call", "short"):
            self._set(key, self._fill_first(_list(texts[key])))
        paragraphs = [one for text in texts["body"] if (one := self._fill_first(_list(text)))]
        self._set("body", _join(paragraphs, "\n\n"))
        short = self.values["short"][0]
        self._set("short_cap", FilledText(_capitalize(short.text), short.facts))

    # Facts.

    def _find(self, handle: str, label: str) -> FilledText | None:
        fact = self._find_fact(handle, label)
        text = collapse_spaces(fact.spelled(self.request.language)) if fact else ""
        return FilledText(text, (fact.id,)) if fact else None

    def _stands_in_text(self, handle: str, value: FilledText) -> bool:
        """Return whether the title and the description have these words, so that the value may have
        been inferred from them, and says nothing more than they do."""
        some = (self._find(handle, "name"), self._find(handle, "description"))
        known = {token[:4] for one in some if one for token in tokenize(strip_html(one.text))}
        return all(token[:4] in known for token in tokenize(value.text))

    def _find_price(self, handle: str) -> tuple[FilledText | None, bool]:
        """Return the price, and whether all variants cost the same. A price without a currency is
        not told, nor one beside a reduction: it would be read as the new one."""
        fact = self._find_fact(handle, "price")
        if fact is None or not fact.unit or self._has_reduction():
            return None, False
        price = fact.spelled(self.request.language, 0 if not fact.decimals else None)
        is_exact = self._find_fact(handle, "price to") is None
        return FilledText(price, (fact.id,)), is_exact

    def _find_fact(self, handle: str, label: str) -> Fact | None:
        return self.evidence.get(f"product.{handle}.{label}")

    def _has_reduction(self) -> bool:
        offer = self.request.brief.offer or ""
        words = {*tokenize(offer)} & {*self.texts["reading"]["reductions"]}
        return "%" in offer or offer[:1] in {*"-−–"} or bool(words)

    def _list_sentences(self, handle: str) -> list[FilledText]:
        """Return the sentences of the description that can be taken word for word."""
        fact = self._find_fact(handle, "description")
        language = detect_catalogue_language(self.evidence, handle)
        if fact is None or language not in (None, self.request.language):
            return []
        found = []
        for sentence in split_sentences(
            strip_html(str(fact.value)), tuple(self.texts["reading"]["abbreviations"])
        ):
            if self._is_quotable(sentence):
                found.append(FilledText(sentence, (fact.id,)))
        return found

    def _is_quotable(self, sentence: str) -> bool:
        if not is_usable_sentence(sentence) or sentence[-1] not in ".!?…":
            return False
        is_banned = any(contains_words(sentence, word) for word in self.brand.avoid)
        is_cliche = CLICHE_PATTERN.search(sentence)
        return not (is_banned or is_cliche or self._speaks_otherwise(sentence))

    def _speaks_otherwise(self, sentence: str) -> bool:
        """Return whether a sentence says "tu" where the brand says "vous", or the reverse."""
        reading = self.texts["reading"]
        other = reading.get("tu" if self.brand.address == "vous" else "vous", ())
        tokens = [token for token in tokenize(sentence) if token not in reading.get("no_vous", ())]
        return any(
            token.endswith(word[1:]) if word.startswith("*") else token == word
            for token in tokens
            for word in other
        )

    def _is_about_sizing(self, sentence: str) -> bool:
        said = f" {' '.join(tokenize(sentence))} "
        return any(f" {phrase} " in said for phrase in self.texts["reading"]["sizing"])


def _has_only(word: str, known: set[str]) -> bool:
    tokens = {*tokenize(word)}
    return bool(tokens) and tokens <= known


def _join(some: Sequence[FilledText], apart: str) -> FilledText:
    text = apart.join(one.text for one in some if one.text)
    return FilledText(text, tuple(id for one in some for id in one.facts))


def _list(texts: str | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else texts


def _count_segments(text: str) -> int:
    return count_sms_segments(convert_to_gsm7(text + "x" * LINK_TAG * text.count("://")))


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _end_sentence(text: str) -> str:
    return text if text[-1:] in ".!?…" else f"{text}."


def _make_tag(text: str) -> str:
    """Return the words as one, for a hashtag."""
    return "".join(_capitalize(word) for word in re.findall(r"\w+", text))


def _strip_exclamation(name: FilledText) -> FilledText:
    """Return a name without the marks at its end, which would stand before a full stop."""
    return FilledText(name.text.rstrip(" !"), name.facts)


def _shorten_name(name: FilledText) -> FilledText:
    """Return the name up to where it begins to list details: "Verres Onde (lot de 6)"."""
    ends = [at for mark in _NAME_ENDS if (at := name.text.find(mark)) > 3]
    return FilledText(name.text[: min(ends)], name.facts) if ends else name
