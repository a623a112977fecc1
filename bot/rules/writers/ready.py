"""Everything laid out before a text is written: the product, the story, a pen that knows both."""

from dataclasses import dataclass, replace

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.writer import WriteRequest
from bot.i18n.messages import Language
from bot.rules.writers import gaps, why
from bot.rules.writers.goods import Goods
from bot.rules.writers.pen import Pen
from bot.rules.writers.sayings import Sayings, sort_out
from bot.rules.writers.story import Story, tell
from bot.rules.writers.understanding import understand
from bot.text.normalize import tokenize

BOUGHT = 7  # another turn for those of an audience who bought something like it


@dataclass
class Ready:
    """What the shapes work with."""

    request: SkillRequest
    brand: Brand
    channel: Channel | None
    evidence: Evidence
    goods: Goods
    story: Story
    pen: Pen
    sayings: Sayings
    terse: int = 0  # how much more is left out of a text that is to be shorter: 0, 1 or 2

    @property
    def language(self) -> Language:
        return self.request.language

    @property
    def is_event(self) -> bool:
        """Not a thing to sell, but a date to come to."""
        return self.goods.kind == "event" and not self.request.brief.product

    def most(self, part: str, otherwise: int) -> int:
        """How many characters a part may have."""
        limit = self.channel.parts.get(part) if self.channel else None
        return limit.most if limit and limit.unit == "characters" else otherwise


def make_ready(assignment: WriteRequest, salt: str = "", terse: int = 0) -> Ready:
    """The same assignment gives the same words; another `salt` gives others."""
    request, brand, evidence = assignment.request, assignment.brand, assignment.evidence
    goods, story = understand(request, evidence), tell(request, evidence)
    if "no offer" in story.wishes:
        story = replace(story, offer=None)
    if "no price" in story.wishes:
        goods.price = goods.before = None
    pen = Pen(
        language=request.language,
        seed=_seed(request, goods, salt),
        address=next((form for form in ("tu", "vous") if form in story.wishes), brand.address),
        gender=goods.gender,
        plural=goods.plural,
        speaking=bool({"tu", "vous"} & story.wishes),
        avoid=brand.avoid,
        use=brand.use,
        brief=tuple(tokenize(request.brief.words)),
    )
    gaps.of_product(pen, goods)
    gaps.of_story(pen, goods, request, story, brand, evidence)
    if "longer" in story.wishes:
        pen.once = frozenset()
    pen.salted, pen.turn = bool(salt), why.BEGINS.get(story.audience, 0)
    pen.turn += BOUGHT * (bool(story.bought or story.category) and story.audience != "buyers")
    why.give_reasons(pen, goods, story.audience, evidence)
    texts = goods.sayings if goods.rich else []
    sayings = sort_out(texts, pen, goods.cites.get("description", ()))
    return Ready(request, brand, assignment.channel, evidence, goods, story, pen, sayings, terse)


def _seed(request: SkillRequest, goods: Goods, salt: str) -> str:
    brief = request.brief
    about = (brief.product or goods.name, request.channel, brief.goal, brief.offer)
    return "|".join(map(str, (*about, brief.occasion, request.reason, salt)))
