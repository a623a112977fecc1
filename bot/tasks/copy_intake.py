"""Turn a request for copy into a Brief and its SkillRequests without an AI: one for each channel.

The fields that the keywords of `bot.offline.routing` find, the values of a form or a button, and
the products that the catalogue knows by name make the brief. What none of them takes is left over,
and the card says so.
"""

import re
from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import get_args

from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.library import Library, ProductMatch
from bot.core.request import Brief, Goal, IncomingRequest, IntakeResult, Question, SkillRequest
from bot.data.catalogue.search import match_name
from bot.drafts.occasions import load_occasions
from bot.errors import FORM_ALONE, FORMS_PARAM, CannotDo
from bot.i18n.codes import find_spoken_language, find_unwritten_language
from bot.i18n.countries import list_named_countries
from bot.i18n.languages import get_language
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.offline import routing
from bot.offline.drafts import detect_catalogue_language, list_notices, needs_product
from bot.offline.question_words import drop_measure_names, load_idle_words
from bot.offline.routing import FoundFields
from bot.tasks.brief_assumptions import build_options, list_assumptions
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import tokenize

DEFAULT_CHANNEL = next(iter(load_channels()))
MIN_EXACT_SCORE = 0.85  # from here on, a product is clearly named
MIN_PRODUCT_SCORE = 0.5  # below this score no product is assumed
MAX_SCORE_GAP = 0.12  # a product this close to the best match may be meant as well
MAX_OPTIONS = 3
MAX_PIECE_WORDS = 8  # among which products are looked for
FOREIGN_FIELDS = Words(
    "The text will be {this}, and these words are not: {said}. Give them {this} in the form.",
    **{FORMS_PARAM: "yes"},
)
ONE_TEXT = Words(
    "Without an AI I write for one language or country at a time. Fill in the form for each.",
    **{FORMS_PARAM: FORM_ALONE},
)
UNWRITTEN = Words(
    "I don't write in {language}: without an AI my texts are the catalogue's own sentences.",
    **{FORMS_PARAM: "yes"},
)
NOT_NAMED = Words(
    "Nothing in the catalogue is called {said}. Without an AI I write about products, offers and "
    "what you want said: fill in the form.",
    **{FORMS_PARAM: FORM_ALONE},
)
HAS_WORDS = re.compile(r"\b(?!code\b)[a-zà-ÿ]{2,}")  # "until Sunday", not "-15 %, code LIN5"


class CopyIntake:
    """The reading of one request for copy."""

    def __init__(
        self,
        incoming: IncomingRequest,
        skill: str,
        words: str,
        brand: Brand,
        library: Library,
        today: date,
    ) -> None:
        self._incoming, self._skill, self._words = incoming, skill, words
        self._brand, self._library, self._today = brand, library, today
        self._answers = dict(incoming.answers)
        if unwritten := find_unwritten_language(words):
            raise CannotDo(UNWRITTEN.with_params(language=unwritten))
        self._fields = self._apply_form(routing.read_fields(words))
        self._market = self._apply_codes()
        self._left_over: list[str] = []
        self._group: list[str] = []  # titles of products of which the words name several

    async def understand(self) -> IntakeResult | Question:
        picked = await self._apply_picked_options()
        products, alternatives = await self._find_products(picked)
        fields = self._fields
        channels = fields.channels or (DEFAULT_CHANNEL,)
        has_message = fields.notice or fields.offer or fields.must_say
        is_about_product = not has_message or any(needs_product(key) for key in channels)
        is_about_product |= "product" in self._answers or self._is_offer_unclear()
        if (is_about_product or self._group) and not products:
            return await self._ask_for_product()
        is_quoted = not (fields.notice or self._incoming.answers.get("preview"))
        catalogue = await self._find_catalogue_language(products) if is_quoted else None
        language = fields.language or catalogue or self._choose_language()
        if catalogue not in (None, language):
            return _explain_language(products[0].title, language, catalogue)
        if is_quoted and (foreign := self._list_foreign_fields(language)):
            screen, phrase = self._incoming.ui_language, Words(get_language(language).phrase)
            said = ", ".join(Words("“{quote}”", quote=one).to(screen) for one in foreign)
            raise CannotDo(FOREIGN_FIELDS.with_params(said=said, this=phrase))
        brief = self._build_brief(products, alternatives, language)
        return IntakeResult(
            brief=brief,
            requests=tuple(
                SkillRequest(
                    skill=self._skill,
                    brief=brief,
                    channel=key,
                    reason=self._incoming.reason,
                    previous=self._incoming.previous,
                )
                for key in brief.channels
            ),
        )

    def _apply_form(self, fields: FoundFields) -> FoundFields:
        """Apply the values from a form or a button, and what a send-back asks for."""
        answers = self._answers
        chosen: dict[str, object] = {
            name: value for name in ("audience", "offer", "dates") if (value := answers.get(name))
        }
        allowed: dict[str, Sequence[str]] = {
            "language": LANGUAGES,
            "goal": get_args(Goal),
            "occasion": tuple(load_occasions()),
            "notice": list_notices(),
        }
        for name, values in allowed.items():
            if (value := answers.get(name)) in values:
                chosen[name] = value
        latest = self._incoming.reason
        reason = routing.read_fields(latest) if latest else FoundFields()
        if reason.language:
            chosen["language"] = reason.language
        typed = filter(None, [answers.get("must_say")])
        chosen["must_say"] = tuple(dict.fromkeys((*fields.must_say, *typed, *reason.must_say)))
        keys = answers.get("channels") or answers.get("channel") or ""
        if known := tuple(key for key in re.split(r"[ ,]+", keys) if key in load_channels()):
            chosen["channels"] = known
        if chosen.get("occasion", fields.occasion) == "soldes":
            chosen["occasion"] = self._find_coming_sales()
        if {"goal", "notice"} & chosen.keys():  # a form says which of the two it is
            chosen = {"goal": None, "notice": None} | chosen
        return fields.model_copy(update=chosen)

    def _apply_codes(self) -> str | None:
        """Apply the codes of a language and a country: the country is a market of the brand's, else
        it says for whom the text is. Return the market. Raises CannotDo for several texts."""
        if market := self._answers.get("market"):
            return market
        fields = self._fields
        codes = fields.codes[0].split() if fields.codes else []
        countries = [code for code in codes if code.lower() not in LANGUAGES]
        if len(fields.codes) > 1 or len(countries) > 1 or len(codes) > len(countries) + 1:
            raise CannotDo(ONE_TEXT)
        for code in countries or codes:
            market = next(iter(list_named_countries(code)), code)
            if market in self._brand.markets:
                own = None if len(codes) > 1 else self._brand.markets[market].language
                language = self._answers.get("language") or own or fields.language
                self._fields = fields.model_copy(update={"language": language})
                return market
            if countries and "audience" not in self._answers:
                audience = ", ".join(filter(None, [fields.audience, code]))
                language = fields.language or find_spoken_language(market)
                told = {"audience": audience, "language": language}
                self._fields = fields.model_copy(update=told)
        return None

    def _find_coming_sales(self) -> str:
        """Return the key of the winter or summer sales, whichever come next."""
        coming = [(o.coming(self._today), key) for key, o in load_occasions().items()]
        ahead = [
            (period.starts, key)
            for period, key in coming
            if period and key != "soldes" and load_occasions()[key].legal
        ]
        return min(ahead)[1] if ahead else "soldes"

    async def _apply_picked_options(self) -> str | None:
        """Take over the answer to a question: a language, a channel, or the name of a product."""
        named = None
        for value in self._incoming.more_words:
            for language in LANGUAGES:
                option = Words(get_language(language).option)
                if value in [option.to(screen) for screen in LANGUAGES]:
                    self._fields = self._fields.model_copy(update={"language": language})
            if channels := routing.find_channels(value):
                self._fields = self._fields.model_copy(update={"channels": channels})
            if await self._library.find(value):
                named = value
        return named

    async def _find_products(
        self, picked: str | None
    ) -> tuple[list[ProductMatch], Sequence[ProductMatch]]:
        """Return the products that the text is about, and others that may be meant instead. Words
        that name none of the catalogue are left over."""
        # What somebody picked last counts more than what the form said before.
        for chosen in filter(None, (picked, self._answers.get("product"), self._incoming.product)):
            hits = sorted(await self._library.find(chosen), key=lambda hit: -hit.score)
            exact = [hit for hit in hits if hit.handle == chosen or hit.score >= 1]
            named = exact[:1] or (await self._match_piece(chosen))[0]
            if named:
                return named, ()
        if "product" in self._answers:
            return [], ()
        await self._restore_names()
        found: dict[str, ProductMatch] = {}
        alternatives: list[ProductMatch] = []
        others = (*filter(None, [self._fields.offer]), *self._fields.must_say)
        for piece in (*self._fields.rest, *others):
            named, near = await self._match_piece(piece)
            is_subject = piece in self._fields.rest
            unsure = near if is_subject else [one for one in named if one.score < MIN_EXACT_SCORE]
            group = await self._list_group(piece) if unsure else []
            if group and (not is_subject or len(group) > 1):  # an offer on "all shirts" says enough
                self._group += group if is_subject else []
                continue
            if is_subject:
                await self._collect_left_over(piece, named)
            elif found:
                continue
            for product in named:
                found.setdefault(product.handle, product)
            alternatives = alternatives or near
        return [*found.values()], alternatives if len(found) == 1 else ()

    async def _restore_names(self) -> None:
        """Put back what was read as a restriction but stands in a product's name: "peat without
        lime"."""
        for restriction in self._fields.left_over:
            for piece in self._fields.rest:
                joined = f"{piece} {restriction}"
                best = next(iter(await self._search(joined)), None)
                if best is None or not {*tokenize(restriction)} <= {*tokenize(best.title)}:
                    continue
                rest = tuple(joined if one == piece else one for one in self._fields.rest)
                left = tuple(one for one in self._fields.left_over if one != restriction)
                self._fields = self._fields.model_copy(update={"rest": rest, "left_over": left})
                break

    async def _match_piece(self, piece: str) -> tuple[list[ProductMatch], list[ProductMatch]]:
        """Return the products that a piece of the words names, and those that are as likely."""
        hits = await self._search(piece)
        whole = [hit for hit in hits if hit.score >= MIN_EXACT_SCORE]
        parts = _split_at_and(piece)
        several: dict[str, ProductMatch] = {}
        for part in parts if len(parts) > 1 else ():
            best = (await self._search(part))[:1]
            is_named = best and best[0].score >= MIN_PRODUCT_SCORE
            if not is_named or (whole and not best[0].is_one):  # "mohair and wool" is one name
                several = {}
                break
            several.setdefault(best[0].handle, best[0])
        if len(several) > 1:
            return [*several.values()], []
        if not hits or hits[0].score < MIN_PRODUCT_SCORE or not _is_named(hits[0], piece):
            return [], []
        near = [hit for hit in hits[1:3] if hit.score >= hits[0].score - MAX_SCORE_GAP]
        return whole or [hits[0]], [] if whole else near

    async def _list_group(self, piece: str) -> list[str]:
        """Return the titles of products that a piece names together, by a plural: "candles"."""
        for word in routing.list_content_words(piece):
            is_plural = word[-1:] in ("s", "x") and not word.endswith("ss")
            hits = await self._library.find(word) if is_plural else ()
            if titles := [hit.title for hit in hits if hit.is_one]:
                return titles
        return []

    async def _search(self, text: str) -> Sequence[ProductMatch]:
        """Return the products that the words name, without the words that name something else, such
        as a measure."""
        text = drop_measure_names(text)
        name = " ".join(routing.list_content_words(text))
        whole = "" if self._fields.notice else text  # "panier abandonné" names no bread basket
        texts = filter(None, (whole, name))
        found = [await match_name(one, self._library, self._brand.name) for one in texts]
        return max(found, key=lambda one: one[0].score if one else 0, default=())

    async def _collect_left_over(self, piece: str, named: Sequence[ProductMatch]) -> None:
        """Keep the words that neither a field nor the catalogue knows."""
        given = (*(product.title for product in named), *self._answers.values())
        titles = tokenize(" ".join(given))
        measured = {*tokenize(piece)} - {*tokenize(drop_measure_names(piece))}
        unknown = [
            word
            for word in routing.list_content_words(piece)
            if "://" not in word  # a link that somebody pasted is shown nowhere
            and not load_idle_words().issuperset(tokenize(word))
            and not set(tokenize(word)) & set(titles)
            and (measured & {*tokenize(word)} or not (named and await self._library.find(word)))
        ]
        if unknown:
            self._left_over.append(" ".join(unknown))

    def _list_unmet(self) -> list[str]:
        """Return what the words don't want, without what no text has of itself: "no promo"."""
        table = routing.load_routing()
        denials, small = table["fields"]["none"], " ".join(table["fillers"].values()).split()
        met = set() if self._fields.offer else {*denials["met_by"]}
        named = {
            one: {*tokenize(one)} - {*small, *denials["begins"]} for one in self._fields.left_over
        }
        return [one for one, words in named.items() if not words or not words <= met]

    async def _ask_for_product(self) -> Question:
        """Ask which product is meant, with those that the words may mean as answers, or with some
        of the catalogue where they name nothing. Raises CannotDo where they name none of it."""
        typed = self._answers.get("product")
        pieces = [typed] if typed else [drop_measure_names(one) for one in self._fields.rest]
        near = self._group or [title for one in pieces for title in await self._list_near(one)]
        said = [name for one in pieces if (name := _trim_fillers(one))]
        if said and not near:
            screen = self._incoming.ui_language
            quotes = (Words("“{quote}”", quote=one).to(screen) for one in said)
            raise CannotDo(NOT_NAMED.with_params(said=", ".join(quotes)))
        if not near:
            empty = SkillRequest(skill=self._skill, brief=self._build_brief([], (), "en"))
            near = [str(fact.value) for fact in await self._library.look_up("range", empty)]
        options = tuple(dict.fromkeys(near))[:MAX_OPTIONS]
        return Question(words=Words("Which product?"), options=options)

    async def _list_near(self, piece: str) -> list[str]:
        """Return the titles of products or of the category that a piece may mean: by the whole of
        it, else by the longest part of it."""
        words = piece.split()[:MAX_PIECE_WORDS]
        spans = combinations(range(len(words) + 1), 2)
        for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
            part = " ".join(words[start:end])
            hits = await self._library.find(part)
            if near := [one.title for one in hits if _is_named(one, part) or len(hits) > 2]:
                return near
        return []

    async def _find_catalogue_language(self, products: Sequence[ProductMatch]) -> Language | None:
        if not products:
            return None
        handle = products[0].handle
        brief = Brief(words="", author=self._incoming.author, language="en", product=handle)
        request = SkillRequest(skill=self._skill, brief=brief)
        facts = await self._library.look_up("product", request)
        return detect_catalogue_language(Evidence(facts=tuple(facts)), handle)

    def _is_offer_unclear(self) -> bool:
        """Return whether the offer may be on something that the catalogue doesn't know."""
        if self._answers or self._fields.notice or not self._left_over:
            return False
        offer = tokenize(self._fields.offer or "")
        return bool(offer) and not {"on", "sur"} & {*offer}

    def _list_foreign_fields(self, language: Language) -> list[str]:
        """Return what the message says in another language and the text would say as it is."""
        if self._detect_language() in (None, language):
            return []
        typed, told = (
            (fields.offer, fields.dates, *fields.must_say)
            for fields in (routing.read_fields(self._words), self._fields)
        )
        return [text for text in told if text and text in typed and HAS_WORDS.search(text)]

    def _choose_language(self) -> Language:
        return self._detect_language() or self._brand.languages[0]

    def _detect_language(self) -> Language | None:
        return detect_language(self._words, WRITTEN_LANGUAGES)

    def _build_brief(
        self,
        products: Sequence[ProductMatch],
        alternatives: Sequence[ProductMatch],
        language: Language,
    ) -> Brief:
        fields, incoming = self._fields, self._incoming
        titles = [product.title for product in products]
        product = products[0] if products else None
        goal = fields.goal or ("sell through" if fields.offer else "inform")
        stated = fields.model_copy(update={"goal": goal if fields.offer else fields.goal})
        assumed = list_assumptions(
            stated,
            language,
            product,
            alternatives,
            is_language_known=language == (self._detect_language() or incoming.ui_language),
            is_product_clear=not self._left_over,
            is_notice=fields.notice is not None,
        )
        options = build_options(stated, language, self._brand, alternatives)
        options = tuple(one for one in options if one.field != "language")
        one_person = routing.names_one_person(self._words, self._brand.name, *titles)
        if fields.notice or one_person:  # it goes to whom it concerns
            assumed = tuple(one for one in assumed if one.field != "audience")
            options = tuple(one for one in options if one.field != "audience")
        return Brief(
            words=" ".join([self._words, *incoming.more_words]).strip(),
            author=incoming.author,
            language=language,
            channels=fields.channels or (DEFAULT_CHANNEL,),
            goal=goal,
            notice=fields.notice,
            product=product.handle if product else None,
            product_words=", ".join(titles[:MAX_OPTIONS]) or None,
            others=tuple(one.handle for one in products[1:]),
            audience=fields.audience,
            offer=fields.offer,
            occasion=fields.occasion,
            dates=fields.dates,
            must_say=fields.must_say,
            left_over=(*self._list_unmet(), *self._left_over),
            preview=bool(incoming.answers.get("preview")),
            stands_on=incoming.answers.get("stands_on"),
            follows=incoming.answers.get("follows"),
            proposed=incoming.answers.get("proposed"),
            rule=incoming.answers.get("rule"),
            market=self._market,
            material=incoming.material,
            private=incoming.private,
            assumed=assumed,
            options=options,
        )


def _trim_fillers(piece: str) -> str:
    """Return the words from the first to the last that says something."""
    words, content = piece.split(), routing.list_content_words(piece)
    if not content:
        return ""
    last = len(words) - words[::-1].index(content[-1])
    return " ".join(words[words.index(content[0]) : last])


def _is_named(hit: ProductMatch, piece: str) -> bool:
    """Return whether words name what the product is, or say nothing but words of its title."""
    said = _list_stems(" ".join(routing.list_content_words(piece)))
    return hit.is_one or hit.score >= MIN_EXACT_SCORE or said <= _list_stems(hit.title)


def _list_stems(text: str) -> set[str]:
    return {word.rstrip("sx") for word in tokenize(text)}


def _explain_language(title: str, language: Language, catalogue: Language | None) -> Question:
    assert catalogue is not None
    words = Words(
        "The catalogue describes {product} {this}. A text {other} needs an AI.",
        product=title,
        this=Words(get_language(catalogue).phrase),
        other=Words(get_language(language).phrase),
    )
    return Question(words=words, options=(get_language(catalogue).option,))


def _split_at_and(text: str) -> list[str]:
    """Split a piece of the words at "and", « et », "+" and "&"."""
    parts: list[list[str]] = [[]]
    for word in text.split():
        if word.lower() in ("and", "et", "+", "&"):
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts if part]
