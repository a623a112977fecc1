"""What fills the gaps of the standard texts: facts of the catalogue, the fields of the brief and
the brand's own words."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.fact_sentences import join_copies
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy
from bot.core.request import SkillRequest
from bot.drafts.occasions import can_name_without_offer, load_occasions
from bot.errors import CannotDo
from bot.grounding.legal import ALCOHOL_WARNING, has_forbidden_words, is_alcohol
from bot.grounding.style import CLICHE_PATTERN, contains_words
from bot.i18n.messages import Language, Words
from bot.offline.routing import find_audience, find_revision
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import (
    collapse_spaces,
    format_title,
    is_usable_sentence,
    normalize_text,
    split_sentences,
    strip_html,
    tokenize,
)

TEMPLATES_FOLDER = Path(__file__).with_name("templates")
MAX_SENTENCES = {"shorter": 1, "longer": 6}  # of the catalogue, by what a send-back asks for
DEFAULT_SENTENCES, MAX_PAGE_SENTENCES = 3, 8
INFERRED = ("colours", "materials")  # a catalogue without such a column may get them from its text
SINGULAR_GAPS = {"sizes": "size", "colours": "colour", "materials": "material"}
DERIVED_VALUES = ("price_line", "price_short", *(f"{gap}_line" for gap in SINGULAR_GAPS), "details")
MIN_NAME = 3  # letters before a cut
_GAP = re.compile(r"\{(\w+)\}")


@cache
def load_templates(language: Language) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


class TemplateValues:
    """The values of the gaps of one text, the likeliest first. `wish` is what a send-back asks for:
    see `find_revision`."""

    def __init__(
        self, request: SkillRequest, brand: Brand, channel: Channel, evidence: Evidence
    ) -> None:
        self.request, self.brand = request, brand
        self.channel, self.evidence = channel, evidence
        self.texts = load_templates(request.language)
        kind = "notice_channels" if request.brief.notice else "channels"
        if channel.key not in self.texts[kind]:
            words = Words("Without an AI, I have no such text for {channel}.")
            raise CannotDo(words.with_params(channel=Words(channel.title)))
        self.templates: dict[str, Any] = self.texts[kind][channel.key]
        reasons = (request.reason or "").split(". ")
        self.wish = next((wish for reason in reasons if (wish := find_revision(reason))), None)
        self.values: dict[str, tuple[Copy, ...]] = {}
        self._set_brand_values()
        self._set_product_values()
        self._set_brief_values()
        self._set_opening()
        self._set_derived_values()
        self._set_mentions()
        if request.brief.notice:
            self._set_notice(request.brief.notice)

    def fill(self, template: str) -> Iterator[Copy]:
        """Yield the template filled in, once for each value of a gap that has several; nothing when
        a gap has no value."""
        names = list(dict.fromkeys(_GAP.findall(template)))
        for chosen in product(*[self.values.get(name, ()) for name in names]):
            text = template
            for name, one in zip(names, chosen, strict=True):
                text = text.replace(f"{{{name}}}", one.text)
            yield Copy(text=text, facts=tuple(id for one in chosen for id in one.facts))

    def _fill_first(self, templates: str | Sequence[str]) -> Copy | None:
        some = [templates] if isinstance(templates, str) else templates
        return next((one for text in some for one in self.fill(text)), None)

    def _set(self, name: str, *values: Copy | str | None) -> None:
        some = [Copy(text=one) if isinstance(one, str) else one for one in values if one]
        if some := [one for one in some if one.text]:
            self.values[name] = tuple(some)

    def get_text(self, name: str) -> str:
        return self.values[name][0].text if name in self.values else ""

    def _set_brand_values(self) -> None:
        brand, language = self.brand, self.request.language
        self._set("brand", brand.name)
        self._set("sender", brand.sender or brand.name)
        written_in = detect_language(brand.about or "", WRITTEN_LANGUAGES)
        self._set("about", brand.about if written_in == language else None)
        self._set("signature", brand.get_signature(language) or brand.name)
        self._set("brand_tag", _make_tag(brand.name))
        if brand.site:
            self._set("host", brand.site.partition("://")[2].rstrip("/"))
            self._set("link", brand.site)

    def _set_product_values(self) -> None:
        """Names, prices and sentences, each with the facts that they come from."""
        brief = self.request.brief
        handles = [handle for handle in (brief.product, *brief.others) if handle]
        names = [
            _edit(name, format_title(name.text).rstrip(" !"))  # no marks before a full stop
            for handle in handles
            if (name := self._find(handle, "name"))
        ]
        if len(names) > 1:
            self._set_several(handles, names)
            return
        if not names:
            self._set("name", None if brief.notice else brief.product_words)
            return
        handle = handles[0]
        self._set("name", names[0])
        self._set("short_name", *self._shorten_name(names[0]))
        price, is_exact = self._find_price(handle)
        self._set("price" if is_exact else "price_from", price)
        for label in ("sizes", "colours", "materials", "vendor"):
            value = self._find(handle, label)
            if value is None or (label in INFERRED and self._stands_in_text(handle, value)):
                continue
            self._set(label if ", " in value.text else SINGULAR_GAPS.get(label, label), value)
        if (kind := self._find(handle, "type")) is not None:
            last = kind.text.split(">")[-1].strip()
            self._set("type", _edit(kind, last))
            self._set("type_tag", _edit(kind, _make_tag(last)))
        link = self._find(handle, "link")
        if link is not None and link.text.startswith("http"):
            self._set("link", link, *self.values.get("link", ()))
        sentences = self._list_sentences(handle)
        said = {one: " ".join(tokenize(one.text)) for one in sentences}
        phrases = self.texts["reading"]["sizing"]
        sizing = [one for one in sentences if any(contains_words(said[one], p) for p in phrases)]
        others = [one for one in sentences if one not in sizing]
        most = MAX_SENTENCES.get(self.wish or "", DEFAULT_SENTENCES)
        self._set("sentence", *others)
        self._set("sentences", join_copies(others[:most]))
        self._set("all_sentences", join_copies(others[: most if self.wish else MAX_PAGE_SENTENCES]))
        self._set("sizing", join_copies(sizing))

    def _set_several(self, handles: Sequence[str], names: Sequence[Copy]) -> None:
        """One text about several products: a paragraph for each."""
        self._set("first", join_copies(names[:-1], ", "))
        self._set("last", names[-1])
        self._set("name", self._fill_first(self.texts["values"]["joined"]))
        paragraphs, every = [], list[Copy]()
        for handle, name in zip(handles, names, strict=False):
            price, is_exact = self._find_price(handle)
            title = join_copies([name, price], ", ") if price and is_exact else name
            sentences = self._list_sentences(handle)[: 1 if self.wish == "shorter" else 2]
            paragraphs.append(join_copies([_edit(title, f"{title.text}."), *sentences]))
            every += sentences
        for gap in ("sentences", "all_sentences"):
            self._set(gap, join_copies(paragraphs, "\n\n"))
        self._set("sentence", *every)

    def _set_brief_values(self) -> None:
        brief = self.request.brief
        offer = self._strip_name((brief.offer or "").strip(" ."))
        dates = (brief.dates or "").strip(" .")
        for gap, text in (("offer", offer), ("dates", dates)):
            self._set(gap, text)
            self._set(f"{gap}_cap", _capitalize(text))
        said = [_capitalize(one.strip()) for one in brief.must_say if one]
        sentences = [one if one[-1:] in ".!?…" else f"{one}." for one in said]
        self._set("must_say", " ".join(sentences))
        self._set("message_short", sentences[0].rstrip(".") if sentences else None)
        audience = find_audience(brief.audience or "")
        self._set("audience_line", self.texts["audiences"][audience] if audience else None)
        occasion = load_occasions().get(brief.occasion or "")
        if occasion is not None and (offer or can_name_without_offer(occasion)):
            title = occasion.title[self.request.language]
            self._set("occasion", _capitalize(title))
            self._set("occasion_tag", _make_tag(title))
            self._set("for_occasion", title if can_name_without_offer(occasion) else None)

    def _strip_name(self, offer: str) -> str:
        """Return the offer without what it is on, if that is the product by its name: "15% off the
        Quai shelf". A part of the name alone may mean more: "-20 % sur les draps"."""
        reading, name = self.texts["reading"], _list_stems(self.get_text("name"))
        known, pieces = name | _list_stems(" ".join(reading["small"])), []
        for words in map(str.split, offer.split(", ")):
            for start in range(1, len(words)):
                rest = [_list_stems(word) for word in words[start:]]
                is_name = all(one and one <= known for one in rest)
                # A single word of it may be a code: "RAIN".
                is_name &= len(name & _list_stems(" ".join(words[start:]))) > 1
                if is_name and words[start - 1] not in (*reading["small"], *reading["of"]):
                    words = words[:start]
                    break
            pieces.append(" ".join(words))
        return ", ".join(pieces)

    def _shorten_name(self, name: Copy) -> list[Copy]:
        """Return the name up to where it begins to list details: "Verres Onde (lot de 6)", then up
        to what it is made of or for: "Verres Onde en verre soufflé"."""
        found = [name.text]
        for marks in self.texts["reading"]["name_ends"]:
            ends = [at for mark in marks if (at := found[-1].find(mark)) > MIN_NAME]
            is_long = ends and " " in found[-1][: min(ends)]  # "Savon" says too little of a soap
            if ends and (is_long or marks == self.texts["reading"]["name_ends"][0]):
                found.append(found[-1][: min(ends)].rstrip(" &+,"))
        return [_edit(name, text) for text in found[1:] or found]

    def _set_opening(self) -> None:
        """The headlines and the first sentence. What they say is not said again further on."""
        opening = self.texts["openings"][self._choose_opening()]
        headlines = [one for text in opening["headline"] for one in self.fill(text)]
        if self.wish == "angle":
            headlines = [*headlines[1:], *headlines[:1]]
        self._set("headline", *(_edit(one, _capitalize(one.text)) for one in headlines))
        offer, dates = self.get_text("offer"), self.get_text("dates")
        whole = [text for text in opening["news"] if "{dates}" not in text or "{offer" in text]
        news = self._fill_first(whole if offer else opening["news"])
        self._set("news", _edit(news, _capitalize(news.text)) if news else None)
        said = normalize_text(news.text if news and "{news}" in str(self.templates) else "")
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
        return next((one for one in ("occasion", "offer") if one in self.values), "plain")

    def _set_derived_values(self) -> None:
        for name in DERIVED_VALUES:
            if self.wish != "shorter" or name.startswith("price"):
                self._set(name, self._fill_first(self.texts["values"][name]))
        kind = "any" if "name" in self.values else "topic"
        self._set("call", *self.texts["calls"]["offer" if "offer" in self.values else kind])

    def _set_mentions(self) -> None:
        """The mentions that the brand and the law ask for, and how to stop."""
        language = self.request.language
        asked = [one.text for one in self.brand.list_mentions(language, self.channel.key)]
        self._set("mentions", " ".join(asked))
        if not any("stop" in tokenize(text) for text in asked):
            self._set("stop", self.texts["values"]["stop"][0])
        if is_alcohol(self.get_text("name") or self.request.brief.words):
            self._set("caution", ALCOHOL_WARNING.get(language))

    def _set_notice(self, notice: str) -> None:
        texts = self.texts["notices"][notice]
        for key in ("subject", "preheader", "call", "short"):
            self._set(key, self._fill_first(texts[key]))
        paragraphs = [one for text in texts["body"] if (one := self._fill_first(text))]
        self._set("body", join_copies(paragraphs, "\n\n"))
        short = self.values["short"][0]
        self._set("short_cap", _edit(short, _capitalize(short.text)))

    # Facts.

    def _find_fact(self, handle: str, label: str) -> Fact | None:
        return self.evidence.get(f"product.{handle}.{label}")

    def _find(self, handle: str, label: str) -> Copy | None:
        fact = self._find_fact(handle, label)
        text = collapse_spaces(fact.spelled(self.request.language)) if fact else ""
        return Copy(text=text, facts=(fact.id,)) if fact else None

    def _stands_in_text(self, handle: str, value: Copy) -> bool:
        """Return whether the title and the description have these words, so that the value may have
        been inferred from them, and says nothing more than they do."""
        some = (self._find(handle, "name"), self._find(handle, "description"))
        known = {token[:4] for one in some if one for token in tokenize(strip_html(one.text))}
        return all(token[:4] in known for token in tokenize(value.text))

    def _find_price(self, handle: str) -> tuple[Copy | None, bool]:
        """Return the price, and whether all variants cost the same. A price without a currency is
        not told, nor one beside a reduction: it would be read as the new one."""
        fact = self._find_fact(handle, "price")
        offer = self.request.brief.offer or ""
        named = {*tokenize(offer)} & {*self.texts["reading"]["reductions"]}
        is_reduced = "%" in offer or offer[:1] in {*"-−–"} or bool(named)
        if fact is None or not fact.unit or is_reduced:
            return None, False
        price = fact.spelled(self.request.language, 0 if not fact.decimals else None)
        return Copy(text=price, facts=(fact.id,)), self._find_fact(handle, "price to") is None

    def _list_sentences(self, handle: str) -> list[Copy]:
        """Return the sentences of the description that can be taken word for word."""
        fact = self._find_fact(handle, "description")
        if fact is None:
            return []
        description = strip_html(str(fact.value))
        if detect_language(description, WRITTEN_LANGUAGES) not in (None, self.request.language):
            return []
        sentences = split_sentences(description, tuple(self.texts["reading"]["abbreviations"]))
        return [Copy(text=one, facts=(fact.id,)) for one in sentences if self._is_quotable(one)]

    def _is_quotable(self, sentence: str) -> bool:
        if not is_usable_sentence(sentence) or sentence[-1] not in ".!?…":
            return False
        is_banned = any(contains_words(sentence, word) for word in self.brand.avoid)
        is_cliche = CLICHE_PATTERN.search(sentence)
        is_forbidden = has_forbidden_words(sentence, self.brand, self.request.language)
        return not (is_banned or is_cliche or is_forbidden or self._speaks_otherwise(sentence))

    def _speaks_otherwise(self, sentence: str) -> bool:
        """Return whether a sentence says "tu" where the brand says "vous", or the reverse."""
        reading = self.texts["reading"]
        other = reading.get("tu" if self.brand.address == "vous" else "vous", ())
        tokens = {*tokenize(sentence)} - {*reading.get("no_vous", ())}
        return any(fnmatchcase(token, word) for token in tokens for word in other)


def _edit(copy: Copy, text: str) -> Copy:
    """Return a text that cites the same facts."""
    return Copy(text=text, facts=copy.facts)


def _list_stems(text: str) -> set[str]:
    """Return the words of the text without their plural: an offer on « draps » is on « drap »."""
    return {token.rstrip("sx") for token in tokenize(text)}


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _make_tag(text: str) -> str:
    """Return the words as one, for a hashtag: "Mother's Day" → "MothersDay"."""
    return "".join(_capitalize(one) for one in re.findall(r"\w+", re.sub(r"['’]s\b", "s", text)))
