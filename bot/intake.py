"""Words in, a Brief and its Requests out; or one question back.

Only the words a person typed are read for wishes. A thread's text, a file or a catalogue is
material for the writer, and changes no setting.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from bot import wishes
from bot.brand import Brand
from bot.brief import Assumption, Brief, Goal, Option
from bot.channels import channels
from bot.desk import Assignment, Found, Library, Sent, Writer
from bot.errors import CannotDo, TryAgain
from bot.evidence import Evidence
from bot.privacy import Veil
from bot.prompts import fill
from bot.request import Question, Request
from bot.skills import skills
from bot.wishes import Wishes
from bot.words import Language, Words

SURE = 0.5  # below this score a product is not taken for the one meant
NEAR = 0.12  # products this close to the best are offered as well

CHANNEL_WORDS = {
    "email": Words("an e-mail"),
    "sms": Words("an SMS"),
    "product_page": Words("a product page"),
}
GOAL_WORDS: dict[Goal, Words] = {
    "launch": Words("the goal: launch"),
    "back in stock": Words("the goal: back in stock"),
    "sell through": Words("the goal: sell through"),
    "win back": Words("the goal: win back"),
    "announce": Words("the goal: announce"),
    "inform": Words("the goal: show what it is good for"),
}
OTHER_SKILLS = [
    (
        ("feedback",),
        r"\b(?:summari[sz]e|sum up|résume[rz]?|synthè|synthétise|what do .* say)\b.*"
        r"\b(?:feedback|reviews?|comments?|avis|commentaires?|retours|say)\b|\bque disent\b",
        Words("I can't sum up feedback yet. I can write copy: name a product and a channel."),
    ),
    (
        ("audience", "segment"),
        r"\b(?:whom|who) (?:should|to|shall)\b.*\btarget\b|\bqui cibler\b"
        r"|\b(?:suggest|propose[rz]?)\b.*\b(?:segments?|audiences?)\b",
        Words("I can't suggest an audience yet. I can write copy: name a product and a channel."),
    ),
    (
        ("sketch",),
        r"\b(?:sketch|wireframe|mock-?up|maquette|croquis|dessine[rz]?)\b",
        Words("I can't draw yet. I can write copy: name a product and a channel."),
    ),
    (
        ("digest", "report"),
        r"\b(?:what moved|weekly (?:digest|report)|le point de la semaine"
        r"|ce qui a bougé|rapport hebdo\w*)\b",
        Words("I can't report on figures yet. I can write copy: name a product and a channel."),
    ),
]
UNKNOWN_CHANNELS = re.compile(
    r"(?<![\w-])(instagram|facebook|linkedin|tiktok|twitter|pinterest|youtube|whatsapp"
    r"|google ads?|meta ads?|push notifications?|notifications? push|blog(?: post)?|flyer|poster"
    r"|affiche|amazon)(?![\w-])",
    re.IGNORECASE,
)


class Asked(BaseModel):
    """What came in: the words, and what a form or a tap chose. What was chosen wins over words."""

    model_config = ConfigDict(frozen=True)
    words: str
    author: str
    material: str = ""
    private: bool = False
    skill: str | None = None
    channel: str | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: Goal | None = None
    occasion: str | None = None
    dates: str | None = None
    language: Language | None = None
    ui_language: Language = "en"
    reason: str | None = None
    previous: str | None = None
    answers: dict[str, str] = {}  # field of the Brief → value, from one-tap answers


class Intake(BaseModel):
    """A Brief and what follows from it: one Request a channel."""

    model_config = ConfigDict(frozen=True)
    brief: Brief
    requests: tuple[Request, ...]


async def take_in(
    asked: Asked,
    *,
    brand: Brand,
    library: Library,
    writer: Writer | None = None,
    today: date,
    receipt: Callable[[Sent], Awaitable[None]],
) -> Intake | Question:
    """The Brief in these words, with what was assumed. Raises CannotDo for a skill we haven't."""
    private, words = wishes.private(asked.words)
    words = " ".join([words, *(v for k, v in asked.answers.items() if k not in Brief.model_fields)])
    skill = _skill(asked, words)
    found = wishes.read(words)
    clear = found.product and found.goal  # what the rules read for sure needs no second reading
    if writer is not None and not writer.by_rules and words.strip() and not clear:
        found = await _read_by_writer(writer, asked, words, found, receipt)
    found = _chosen(found, asked)
    if unknown := _unknown_channel(words, found):
        return unknown
    product, others = await _product(found, library)
    if question := await _nothing_known(found, product, words, library):
        return question
    brief = _brief(asked, found, words, brand, product, others, private or asked.private)
    requests = tuple(
        Request(skill=skill, brief=brief, channel=key, reason=asked.reason, previous=asked.previous)
        for key in brief.channels
    )
    return Intake(brief=brief, requests=requests)


def _skill(asked: Asked, words: str) -> str:
    """The skill that was chosen or named; else copy. Raises CannotDo for one that isn't there."""
    if asked.skill:
        if asked.skill not in skills():
            raise CannotDo(Words("I have no skill called {skill}.", skill=asked.skill))
        return asked.skill
    first = re.match(r"\s*(\w+)", words.lower())
    if first and first[1] in skills():
        return first[1]
    for names, pattern, sorry in OTHER_SKILLS:
        if re.search(pattern, words, re.IGNORECASE):
            if there := next((name for name in names if name in skills()), None):
                return there
            raise CannotDo(sorry)
    return "draft"


def _chosen(found: Wishes, asked: Asked) -> Wishes:
    """What a form or a tap chose, over what the words said; a wish in a send-back reason too."""
    chosen: dict[str, object] = {}
    if asked.reason:
        wish = wishes.read(asked.reason)
        chosen |= {k: v for k in ("language", "offer") if (v := getattr(wish, k))}
        chosen["must_say"] = list(dict.fromkeys([*found.must_say, *wish.must_say]))
    for field in ("product", "audience", "offer", "goal", "occasion", "dates", "language"):
        if value := asked.answers.get(field) or getattr(asked, field):
            chosen[field] = value
    if must := asked.answers.get("must_say"):
        chosen["must_say"] = [*found.must_say, must]
    if keys := asked.answers.get("channels") or asked.answers.get("channel") or asked.channel:
        chosen["channels"] = [key for key in re.split(r"[ ,]+", keys) if key in channels()]
    return Wishes.model_validate(found.model_dump() | chosen)


def _unknown_channel(words: str, found: Wishes) -> Question | None:
    unknown = UNKNOWN_CHANNELS.search(words)
    if not unknown or found.channels:
        return None
    return Question(
        words=Words(
            "I can't write for {channel} yet. For which of these shall I?", channel=unknown[0]
        ),
        options=tuple(channel.title for channel in channels().values()),
    )


async def _product(found: Wishes, library: Library) -> tuple[Found | None, Sequence[Found]]:
    """The product meant, and others that come close."""
    best: list[Found] = []
    for said in dict.fromkeys(filter(None, [found.product, *found.subjects, *found.must_say])):
        hits = sorted(await library.find(said), key=lambda hit: -hit.score)
        if exact := [hit for hit in hits if said == hit.handle]:
            return exact[0], []
        if hits and hits[0].score >= SURE and (not best or hits[0].score > best[0].score):
            best = hits
    if not best:
        return None, []
    return best[0], [hit for hit in best[1:3] if hit.score >= best[0].score - NEAR]


async def _nothing_known(
    found: Wishes, product: Found | None, words: str, library: Library
) -> Question | None:
    """The question back when neither product nor goal can be known."""
    if product or found.product or found.goal or found.offer or found.occasion or found.must_say:
        return None
    near = await library.find(words) if words.strip() else ()
    return Question(
        words=Words("What is it about? Name a product, or what you want to tell."),
        options=tuple(hit.title for hit in near[:3]),
    )


def _brief(
    asked: Asked,
    found: Wishes,
    words: str,
    brand: Brand,
    product: Found | None,
    others: Sequence[Found],
    private: bool,
) -> Brief:
    language = found.language or wishes.typed_in(words) or brand.languages[0]
    keys = tuple(found.channels) or ("email",)
    goal: Goal = found.goal or "inform"
    assumed: list[Assumption] = []

    def assume(field: str, value: str, said: Words) -> None:
        assumed.append(Assumption(field=field, value=value, words=said))

    if not found.channels:
        assume("channels", "email", CHANNEL_WORDS["email"])
    if not found.audience:
        assume("audience", "everyone", Words("everyone on your list"))
    if not found.goal:
        assume("goal", goal, GOAL_WORDS[goal])
    if product and product.score < 1 and others:
        assume("product", product.handle, Words("the product is {product}", product=product.title))
    if not found.language and not wishes.typed_in(words):
        assume(
            "language", language, Words("in French") if language == "fr" else Words("in English")
        )
    return Brief(
        words=words.strip(),
        author=asked.author,
        language=language,
        channels=keys,
        goal=goal,
        product=product.handle if product else None,
        product_words=product.title if product else found.product,
        audience=found.audience,
        offer=found.offer,
        occasion=found.occasion,
        dates=found.dates,
        must_say=tuple(found.must_say),
        material=asked.material,
        private=private,
        assumed=tuple(assumed),
        options=_options(found, others, language, brand),
    )


def _options(
    found: Wishes, others: Sequence[Found], language: Language, brand: Brand
) -> tuple[Option, ...]:
    """Up to three taps that redraft on another assumption."""
    options = [
        Option(label=Words("About {product}", product=o.title), field="product", value=o.handle)
        for o in others
    ]
    if not found.audience:
        lapsed = {
            "en": "customers who haven't ordered for a while",
            "fr": "clientes et clients qui n'ont pas commandé depuis un moment",
        }
        loyal = {"en": "loyal customers", "fr": "clientes et clients fidèles"}
        options += [
            Option(
                label=Words("For those who haven't ordered for a while"),
                field="audience",
                value=lapsed[language],
            ),
            Option(label=Words("For loyal customers"), field="audience", value=loyal[language]),
        ]
    if not found.channels:
        options.insert(1, Option(label=Words("As an SMS"), field="channels", value="sms"))
    if not found.language and len(brand.languages) > 1:
        other: Language = "en" if language == "fr" else "fr"
        label = Words("In English") if other == "en" else Words("In French")
        options.append(Option(label=label, field="language", value=other))
    return tuple(options[:3])


class Form(BaseModel):
    """What a writer fills in when it reads the words."""

    channel: str | None = None
    language: str | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: str | None = None
    dates: str | None = None
    must_say: list[str] = []


async def _read_by_writer(
    writer: Writer,
    asked: Asked,
    words: str,
    found: Wishes,
    receipt: Callable[[Sent], Awaitable[None]],
) -> Wishes:
    """The same, read by the writer as well; it may only take words over that are there."""
    veil = Veil()
    bare = Brief(words=words, author=asked.author, language=found.language or "en")
    request = veil.draw(Request(skill="intake", brief=bare))
    gaps = {"brief": request.brief.words, "channels": ", ".join(channels())}
    assignment = Assignment(
        skill="intake",
        request=request,
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system="You read what people ask for and fill a form. You carry out nothing.",
        prompt=fill("intake", gaps),
    )
    try:
        form = veil.lift(await writer.write(assignment, Form, receipt=receipt, grow=lambda _: None))
    except (TryAgain, CannotDo):
        return found
    return _checked(form, words, found)


def _checked(form: Form, words: str, found: Wishes) -> Wishes:
    """What of the form stands in the words, over what the rules found."""
    better: dict[str, object] = {}
    for field in ("product", "audience", "offer", "dates"):
        value = getattr(form, field)
        if value and _stands_in(value, words):
            better[field] = value.strip()
    if form.channel in channels():
        better["channels"] = list(dict.fromkeys([form.channel, *found.channels]))
    if form.language in ("en", "fr") and found.language is None and wishes.typed_in(words) is None:
        better["language"] = form.language
    if form.goal in GOAL_WORDS and not found.goal:
        better["goal"] = form.goal
    if said := [must for must in form.must_say if _stands_in(must, words)]:
        better["must_say"] = said
    return Wishes.model_validate(found.model_dump() | better)


def _stands_in(value: str, words: str) -> bool:
    return bool(value.strip()) and " ".join(value.lower().split()) in " ".join(
        words.lower().split()
    )
