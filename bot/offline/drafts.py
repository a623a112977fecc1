"""Standard texts without an AI: one template for each channel and language, filled in with the
facts of the catalogue and the fields of the brief.

The catalogue's own sentences are taken word for word; nothing is concluded from them. The templates
are in `templates/<language>.toml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.config.brand import UNNAMED, Brand
from bot.core.channels import Channel, PartLimit, count_sms_segments, measure_text
from bot.core.checks import Check
from bot.core.fact_sentences import join_copies
from bot.core.facts import Evidence
from bot.core.parts import Copy
from bot.core.request import SkillRequest
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.i18n.typography import choose_address_form, convert_to_gsm7, insert_nbsp
from bot.offline import OfflineContext
from bot.offline.routing import names_one_person
from bot.offline.template_values import TemplateValues, load_templates
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import normalize_text, strip_html

ONE_SMS = 1  # segment
LINK_TAG = len("?utm_campaign=si-1a2b3c4d")  # what a link to our site gets before it goes out
ONE_PERSON = Words(
    "Without an AI I write to many, not to one person. The form has ready texts: a late parcel, "
    "sold out, a review. Or write your own, and I check it."
)
T = TypeVar("T", bound=BaseModel)


def write_offline_draft(ctx: OfflineContext, output: type[T]) -> T:
    """Fill in the template of the request's channel. Raises CannotDo where there is no template."""
    if ctx.channel is None:
        raise CannotDo("A text needs a channel: name one.")
    brief = ctx.request.brief
    if not brief.notice and names_one_person(brief.words, brief.product_words, ctx.brand.name):
        raise CannotDo(ONE_PERSON)
    writer = TemplateWriter(ctx.request, ctx.brand, ctx.channel, ctx.evidence)
    return output.model_validate(writer.write(output))


def list_notes(ctx: OfflineContext) -> tuple[Check, ...]:
    """Return what people should know about the text: that the brand has no name or SMS sender."""
    name, parts = ctx.brand.name, ctx.channel.parts.values() if ctx.channel else ()
    words = Words("No name in brand.toml: texts say {brand}.", brand=name)
    if name != UNNAMED:
        words = Words("No SMS sender in brand.toml: the text begins with {brand}.", brand=name)
        if ctx.brand.sender or not any(one.unit == "segments" for one in parts):
            return ()
    return (Check(rule="sender", level="warn", words=words),)


def detect_catalogue_language(evidence: Evidence, handle: str | None) -> Language | None:
    """Return the language of a product's description, None when it has none or is not clear."""
    fact = evidence.get(f"product.{handle}.description")
    return detect_language(strip_html(str(fact.value)), WRITTEN_LANGUAGES) if fact else None


def needs_product(channel: str) -> bool:
    """Return whether a text for this channel can only be about a product of the catalogue."""
    return bool(load_templates(LANGUAGES[0])["channels"].get(channel, {}).get("needs_product"))


def list_notices() -> tuple[str, ...]:
    """Return the keys of the ready texts."""
    return tuple(load_templates(LANGUAGES[0])["notices"])


class TemplateWriter:
    def __init__(
        self, request: SkillRequest, brand: Brand, channel: Channel, evidence: Evidence
    ) -> None:
        self.request, self.brand, self.channel = request, brand, channel
        self.values = TemplateValues(request, brand, channel, evidence)
        self.told = ""  # the first part, which the others do not repeat

    def write(self, output: type[BaseModel]) -> dict[str, object]:
        """Return the parts by their keys."""
        written: dict[str, object] = {"hooks": []} if "hooks" in output.model_fields else {}
        for key in output.model_fields:
            if template := self.values.templates.get(key):
                texts = self._write_part(template, self.channel.parts[key], key)
                written[key] = texts if self.channel.parts[key].items else texts[0]
                self.told = self.told or normalize_text(texts[0].text if texts else "")
        return written

    def _write_part(self, template: Mapping[str, Any], limit: PartLimit, key: str) -> list[Copy]:
        """Return the text of a part, or the texts of a part that is a list."""
        if "all" in template and (joined := self._join_blocks(template, limit, key)).text:
            return [self._set_type(joined)]
        kept = [one.text for one in self.request.kept if one.part == key]
        if kept:
            return [Copy(text=" ".join(kept))]
        if limit.items is None:
            texts = [one for text in template.get("first", ()) for one in self.values.fill(text)]
            shortest = min(texts, key=lambda one: len(one.text), default=Copy(text=""))
            fitting = [one for one in texts if self._fits(one, limit)]
            new = (one for one in fitting if not self._is_told(one))
            return [self._set_type(next(new, next(iter(fitting), shortest)))]
        fewest, most = limit.items
        each = self._list_distinct(template["each"], limit)
        more = self._list_distinct(template.get("more", ()), limit)
        chosen = each if len(each) >= fewest else list(dict.fromkeys([*each, *more]))[:fewest]
        return [self._set_type(one) for one in chosen[:most]]

    def _list_distinct(self, templates: Sequence[str], limit: PartLimit) -> list[Copy]:
        """Return the texts that fit, each once."""
        found: dict[str, Copy] = {}
        for one in (filled for text in templates for filled in self.values.fill(text)):
            if self._fits(one, limit):
                found.setdefault(normalize_text(one.text).strip(" ."), one)
        return list(found.values())

    def _join_blocks(self, template: Mapping[str, Any], limit: PartLimit, key: str) -> Copy:
        """Join the blocks; those that the template lets fall go until the text fits. An SMS is kept
        to one segment where that can be done."""
        dropped = template.get("drop", [])
        kept = [Copy(text=one.text) for one in self.request.kept if one.part == key]
        tries = [
            joined
            for count in range(len(dropped) + 1)
            for joined in self._join_each(
                [block for block in template["all"] if block not in dropped[:count]],
                kept,
                template.get("apart", " "),
            )
        ]
        if limit.unit == "segments":
            link = self.values.get_text("link")  # the product's own comes before a sentence
            tries.sort(key=lambda one: link not in one.text)
            linked = [(one, one.text + "x" * LINK_TAG * one.text.count("://")) for one in tries]
            sized = [(count_sms_segments(convert_to_gsm7(text)), one) for one, text in linked]
            best = (one for most in (ONE_SMS, limit.most) for size, one in sized if size <= most)
            return next(best, tries[-1])
        return next((one for one in tries if self._fits(one, limit)), tries[-1])

    def _join_each(self, blocks: Sequence[str], kept: Sequence[Copy], apart: str) -> Iterator[Copy]:
        """Yield the blocks joined, once for each catalogue sentence that can stand in them. What a
        person wrote stands before the last block."""
        choices = []
        for block in blocks:
            filled = list(self.values.fill(block))
            if block == "{sentence}":  # one that stands in the title is not said again
                filled = [one for one in filled if not self._is_told(one)] or filled
            if filled:
                choices.append(filled if block in ("{sentence}", "{link}") else filled[:1])
        for chosen in product(*choices):
            yield join_copies([*chosen[:-1], *kept, *chosen[-1:]], apart)

    def _is_told(self, copy: Copy) -> bool:
        """Return whether one of this text and the first part contains the other."""
        said = normalize_text(self._set_type(copy).text).strip(" .")
        return bool(self.told) and (said in self.told or self.told.strip(" .") in said)

    def _fits(self, copy: Copy, limit: PartLimit) -> bool:
        fewest = 10 if limit.items and limit.most > 200 else 1
        shown = self._set_type(copy).text
        refused = {*limit.refused} & {*shown}
        return fewest <= measure_text(shown, limit) <= limit.most and not refused

    def _set_type(self, copy: Copy) -> Copy:
        """Return the text with the brand's form of address and the typography of its language."""
        text = choose_address_form(copy.text, self.brand.address)
        text = insert_nbsp(text, self.request.language)
        if any(limit.unit == "segments" for limit in self.channel.parts.values()):
            text = convert_to_gsm7(text)
        return Copy(text=text, facts=tuple(dict.fromkeys(copy.facts)))
