"""The draft skill."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar, get_args

import pytest
from pydantic import BaseModel

from bot.agent.claim_check import ClaimForm
from bot.agent.context import SkillContext
from bot.agent.copy_notes import find_style_faults
from bot.agent.llm.api_request import BYTES_PER_TOKEN, MIN_CACHED_CHARACTERS
from bot.agent.llm.turn import TurnAnswer, TurnRequest
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.prompts import read_prompt
from bot.config.brand import Brand, Market, RequiredMention
from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import describe_rule
from bot.core.channels import load_channels
from bot.core.facts import Evidence, Fact, FactId, Source
from bot.core.library import Library
from bot.core.parts import Copy, Hook, split_output
from bot.core.request import Brief, Goal, Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import PriceChange, Product
from bot.data.metrics import best_sellers
from bot.data.service import WorkspaceData
from bot.drafts.recipients import describe_recipients
from bot.errors import CannotDo
from bot.grounding.numbers import list_numbers
from bot.grounding.style import ECHO_WORDS, contains_words, find_echo, list_brief_runs
from bot.i18n.messages import Words
from handlers.draft import TOOLS, find_problems, handle
from tests.conftest import NOW
from tests.support.channel_outputs import OUTPUTS, Email, ProductPage, Sms
from tests.support.skill_runner import run
from tests.support.small_shop import Shop
from tests.support.small_tables import small
from tests.support.tool_runner import sample_data

T = TypeVar("T", bound=BaseModel)
BRAND = Brand(
    name="Maison Alba",
    sender="MaisonAlba",
    avoid=("cheap",),
    mentions=(RequiredMention(text="Made in Lyon", channels=("email",)),),
)


class Scripted:
    """A model that returns the given answers one after the other."""

    name, by_rules = "scripted", False

    def __init__(self, *outputs: BaseModel):
        self.outputs, self.requests = list(outputs), list[TurnRequest]()

    async def check(self) -> Words | None: ...

    async def close(self) -> None: ...

    async def take_turn(self, request: TurnRequest, **_: Any) -> TurnAnswer:
        if request.output is ClaimForm:  # the second look finds nothing
            return TurnAnswer(ClaimForm(verdicts=[]).model_dump_json(), (), "end")
        self.requests.append(request)
        return TurnAnswer(self.outputs.pop(0).model_dump_json(), (), "end")


async def nothing(_: LlmCall) -> None:
    return None


def make_context(
    writer: Writer | None = None,
    *,
    channel: str = "email",
    library: Library | None = None,
    **told: Any,
) -> SkillContext:
    brief = {"words": "e-mail for the vase", "author": "ana", "language": "en"} | told
    request = SkillRequest(skill="draft", channel=channel, brief=Brief.model_validate(brief))
    return SkillContext(
        request,
        brand=BRAND,
        channel=load_channels()[channel],
        library=library or Shop(),
        writer=writer or Scripted(),
        receipt=nothing,
        today=NOW.date(),
    )


def email(subject: str = "A vase that stands its ground", **more: Any) -> BaseModel:
    told = {
        "subject": Copy(text=subject),
        "preheader": Copy(text="Heavy enough for tulips."),
        "body": Copy(text="It is heavy, so it stays put. Made in Lyon."),
        "call_to_action": Copy(text="See the vase"),
        "hooks": [
            Hook(angle="price", text="€34 for good"),
            Hook(angle="use", text="Tulips, sorted"),
        ],
    }
    output: type[BaseModel] = Email
    return output.model_validate(told | more)


def found(written: BaseModel, ctx: SkillContext) -> str:
    return "\n".join([*find_problems(written, ctx), *ctx.find_unproven(written)])


async def test_product_is_looked_up_and_written_for_the_channel() -> None:
    for channel, output in (("email", Email), ("sms", Sms), ("product_page", ProductPage)):
        model = Scripted()
        ctx = make_context(model, channel=channel, product="glass-vase")
        with pytest.raises(IndexError):  # it has no answer
            await handle(ctx.request, ctx)
        (request,) = model.requests
        assert request.output is output
        assert "product.glass-vase.price" in request.messages[0].text
        assert {tool.name for tool in request.tools} == set(TOOLS)


async def test_question_when_neither_product_nor_goal_is_known() -> None:
    ctx = make_context()
    assert isinstance(await handle(ctx.request, ctx), Question)


async def test_a_text_for_a_market_is_for_its_customers() -> None:
    model = Scripted(*[email()] * 2)
    ctx = make_context(model, library=sample_data(), product="lin-alba", market="GB")
    await handle(ctx.request, ctx)
    assert "ordered to United Kingdom: counted" in model.requests[0].messages[0].text
    shown = describe_recipients(ctx.request.brief, ctx.evidence, ctx.channel)
    said = [one.to("en") if isinstance(one, Words) else one for one in shown]
    assert said[0].endswith("ordered to United Kingdom")
    assert "245 customers fit" in said[1]
    assert ctx.request.brief.audience is None  # the same text for France is for other people


async def test_audience_that_code_named_is_told_by_the_channel_s_consent_in_any_language() -> None:
    rule = AudienceRule(segments=("loyal",))
    brief: dict[str, Any] = {
        "product": "lin-alba",
        "rule": rule.model_dump_json(),
        "audience": f"{describe_rule(rule).to('en')}",
    }
    model = Scripted(*[email()] * 2)
    ctx = make_context(model, library=sample_data(), **brief)
    sms = describe_rule(rule.model_copy(update={"purpose": "sms"}))
    fact = Fact(
        id="segment.audience.audience",
        label="audience",
        value=sms.to("en"),
        words=sms,
        source=Source("orders.csv"),
        as_of=date(2026, 11, 24),
    )
    evidence = Evidence(facts=(fact,))
    shown = describe_recipients(ctx.request.brief, evidence, load_channels()["sms"])
    assert shown == [sms]
    typed = ctx.request.brief.model_copy(update={"audience": "loyal", "words": "for the loyal"})
    counted, asked = describe_recipients(typed, evidence, load_channels()["sms"])
    assert counted == sms, "its rule may be another than the words mean"
    assert isinstance(asked, Words)
    assert "“loyal”" in asked.to("en")


@pytest.mark.parametrize("cites", [True, False])
async def test_doubt_is_asked_about_unless_the_writer_cites_it(cites: bool) -> None:
    doubt = "objection.sizing-small--product-lin-alba.theme"
    body = Copy(text="Take the larger one.", facts=(doubt,) if cites else ())
    model = Scripted(*[email(body=body)] * 2)
    ctx = make_context(model, library=sample_data(), product="lin-alba", product_words="Alba")
    await handle(ctx.request, ctx)
    assert ("doubt" in {note.rule for note in ctx.notes}) is not cites


async def test_faults_go_back_to_the_writer_once() -> None:
    model = Scripted(email("A cheap vase"), email("Hello dear"))
    ctx = make_context(model, product="glass-vase", product_words="vase")
    assert await handle(ctx.request, ctx) == email("Hello dear")
    assert "The brand never says “cheap”" in model.requests[1].messages[-1].text
    assert len(model.requests) == 2


async def test_text_without_a_product_stands_on_the_best_sellers_or_is_asked_about() -> None:
    ctx = make_context(Scripted(email(), email()), words="an e-mail please", offer="20 % off")
    assert await handle(ctx.request, ctx) == email()
    ctx = make_context(words="an e-mail please")
    question = await handle(ctx.request, ctx)
    assert isinstance(question, Question)


async def test_news_without_a_product_stands_on_no_best_sellers() -> None:
    for goal, has_products in ("announce", False), ("event", False), ("inform", True):
        model = Scripted(email(), email())
        ctx = make_context(model, library=sample_data(), words="an e-mail please", goal=goal)
        assert await handle(ctx.request, ctx) == email()
        assert ("[product." in model.requests[0].messages[0].text) is has_products


class RecordingShop(Shop):
    """Keeps the requests of each look-up."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[str, SkillRequest] = {}

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        self.requests[kind] = request
        return await super().look_up(kind, request)


async def test_a_draft_looks_up_prices_and_the_texts_of_its_occasion() -> None:
    shop, model = RecordingShop(), Scripted(email(), email())
    ctx = make_context(model, library=shop, product="glass-vase", occasion="noel")
    assert await handle(ctx.request, ctx) == email()
    assert {"product", "availability", "prices", "segment", "past_copy"} <= {*shop.requests}
    past = shop.requests["past_copy"].brief
    assert (past.since, past.until) == (date(NOW.year, 12, 25), date(NOW.year, 12, 25))
    assert ctx.request.brief.since is None


async def test_a_text_without_a_product_has_nothing_but_names_and_prices_of_five_products() -> None:
    model = Scripted(email(), email())
    ctx = make_context(model, library=sample_data(), words="an e-mail please")
    assert await handle(ctx.request, ctx) == email()
    text = model.requests[0].messages[0].text
    ids = re.findall(r"^f\d+ \[([^\]]+)\]", text, re.MULTILINE)
    assert len(ids) == 10
    assert {FactId.parse(id).measure for id in ids} == {"name", "price"}
    assert {FactId.parse(id).kind for id in ids} == {"product"}


async def test_a_text_for_a_counted_audience_leads_to_its_export() -> None:
    product = "Robe Solène en lin"
    for audience, count in (("for our loyal customers", 1), ("", 0)):
        words = f"an e-mail about {product} {audience}"
        made = await run(words, library=sample_data(), language="fr")
        assert isinstance(made, DraftResult)
        assert len(made.leads) == count
        for step in made.leads:
            rule = AudienceRule.model_validate_json(step.form["rule"])
            assert (step.skill, rule.segments, rule.purpose) == ("targeting", ("loyal",), "email")
            assert (rule.reads, step.label.to("en")) == ("fr", "Export those who read in French")


async def test_a_text_about_a_range_stands_on_its_best_sellers() -> None:
    model = Scripted(email(), email())
    told = {"words": "an e-mail about our knitwear", "product_words": "our knitwear"}
    ctx = make_context(model, library=sample_data(), category="Mailles", **told)
    assert await handle(ctx.request, ctx) == email()
    text = model.requests[0].messages[0].text
    named = set(re.findall(r"^f\d+ \[product\.([^\]]+)\.name\]", text, re.MULTILINE))
    products = {one.handle for one in await sample_data().list_products() if one.type == "Mailles"}
    assert named
    assert named <= products
    assert "about the range as a whole" in text
    (best,) = set(re.findall(r"\[product\.([^\]]+)\.best-seller\]", text))
    assert best == find_best_seller(products)
    assert f"add product.{best}.best-seller to the `facts`" in text


def find_best_seller(handles: set[str]) -> str:
    """Return the one of these products with the highest revenue."""
    ranked = sample_data().run_exclusively(
        lambda warehouse: best_sellers.find(warehouse, AnalysisFilter(), handles, len(handles))
    )
    revenues = [one for one in ranked.facts if one.parts.measure == "revenue"]
    sold = [one for one in revenues if one.parts.subject.startswith("product-")]
    return max(sold, key=lambda one: one.number).parts.subject.removeprefix("product-")


@pytest.mark.parametrize(
    ("goal", "people"),
    [("basket left", "those who left a basket"), ("welcome", "new subscribers")],
)
@pytest.mark.parametrize("market", [None, "GB"])
async def test_a_goal_that_names_the_people_is_for_them_and_not_for_everybody(
    goal: str, people: str, market: str | None
) -> None:
    model = Scripted(*[email()] * 2)
    told: dict[str, Any] = {"product": "lin-alba", "goal": goal, "market": market}
    ctx = make_context(model, library=sample_data(), **told)
    await handle(ctx.request, ctx)
    asked = model.requests[0].messages[0].text
    assert f"{people}: " in asked
    assert ("never_ordered" in asked) == (goal == "welcome"), "only these can be counted"
    assert "the whole list" not in asked
    shown = describe_recipients(ctx.request.brief, ctx.evidence, ctx.channel)
    assert [one.to("en") if isinstance(one, Words) else one for one in shown] == [people]
    assert any(people in note.words.to("en") for note in ctx.notes)


async def test_a_country_narrows_whom_the_goal_names() -> None:
    model = Scripted(*[email()] * 2)
    told = {"product": "lin-alba", "goal": "basket left", "audience": "UK"}
    ctx = make_context(model, library=sample_data(), **told)
    await handle(ctx.request, ctx)
    assert "those who left a basket, UK: no data count them" in model.requests[0].messages[0].text
    shown = describe_recipients(ctx.request.brief, ctx.evidence, ctx.channel)
    assert [one.to("en") for one in shown if isinstance(one, Words)] == [
        *("those who left a basket", "asked for: “UK”")
    ]


@pytest.mark.parametrize(("words", "is_looked_up"), [("1000 avis", True), ("20% off", False)])
async def test_a_count_of_the_brief_stands_beside_those_of_the_data(
    words: str, *, is_looked_up: bool
) -> None:
    model = Scripted(*[email()] * 2)
    ctx = make_context(model, library=sample_data(), words=f"a mail: {words}", product="lin-alba")
    await handle(ctx.request, ctx)
    assert ("[counts.in-all.avis]: " in model.requests[0].messages[0].text) is is_looked_up


async def test_a_figure_whose_fact_is_not_cited_goes_back_to_the_writer() -> None:
    price = "product.glass-vase.price"
    bare = email(
        body=Copy(text="It costs €34.00."), hooks=[Hook(angle=one, text=one) for one in "ab"]
    )
    cited = bare.model_copy(update={"body": Copy(text="It costs €34.00.", facts=(price,))})
    model = Scripted(bare, cited)
    ctx = make_context(model, product="glass-vase")
    assert await handle(ctx.request, ctx) == cited
    assert "No source: “€34.00”" in model.requests[1].messages[-1].text


async def test_each_product_of_a_text_says_since_when_it_is_sold() -> None:
    model = Scripted(*[email()] * 2)
    ctx = make_context(model, library=sample_data(), product="lin-alba", others=("lit-brume",))
    await handle(ctx.request, ctx)
    text = model.requests[0].messages[0].text
    assert all(f"[product.{one}.first-sold]: " in text for one in ("lin-alba", "lit-brume"))


@pytest.mark.parametrize(("days", "is_told"), [(1, True), (29, True), (31, False)])
async def test_price_that_was_cut_lately_is_told_to_those_who_approve(
    days: int, *, is_told: bool
) -> None:
    cut = NOW.date() - timedelta(days=days)
    changes = (
        PriceChange(day=cut - timedelta(days=90), price=Decimal(49)),
        PriceChange(day=cut, price=Decimal(42)),
    )
    tee = Product(
        handle="tee",
        title="Tee",
        price=Decimal(42),
        currency="EUR",
        price_history=changes,
        source=Source("products.csv"),
        as_of=NOW.date(),
    )
    shop = WorkspaceData(CatalogueLibrary(lambda: [tee]), small)
    ctx = make_context(Scripted(*[email()] * 2), library=shop, product="tee")
    await handle(ctx.request, ctx)
    told = [note.words.to("en") for note in ctx.notes if note.rule == "reduced"]
    assert ["€42.00 instead of €49.00" in one for one in told] == ([True] if is_told else [])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"market": "FR"}, "coming in FR: Christmas from"),
        ({"market": "FR", "occasion": "noel"}, "Christmas, "),
        ({"market": "FR", "occasion": "boxing_day"}, "not among the occasions of FR"),
        ({"market": "GB"}, "<<<occasion\nnone\noccasion>>>"),
    ],
)
async def test_a_draft_knows_the_occasions_of_its_market(told: dict[str, Any], shown: str) -> None:
    model = Scripted()
    ctx = make_context(model, product="glass-vase", **told)
    ctx.brand = BRAND.model_copy(
        update={
            "markets": {
                "FR": Market(language="fr", occasions=("noel", "black_friday")),
                "GB": Market(language="en"),
            }
        }
    )
    ctx.today = date(NOW.year, 12, 1)
    with pytest.raises(IndexError):  # the model has no answer
        await handle(ctx.request, ctx)
    assert shown in model.requests[0].messages[0].text


@pytest.mark.parametrize("channel", load_channels())
async def test_each_channel_has_its_own_form_and_rules(channel: str) -> None:
    model = Scripted()
    ctx = make_context(model, channel=channel, product="glass-vase")
    with pytest.raises(IndexError):  # the model has no answer
        await handle(ctx.request, ctx)
    (request,) = model.requests
    assert request.output is load_channels()[channel].output
    assert read_prompt(f"channels/{channel}").strip() in request.system
    assert load_channels()[channel].as_prompt("en") in request.messages[0].text


class ByRules(Scripted):
    by_rules = True


@pytest.mark.parametrize(
    "channel", [key for key, one in load_channels().items() if key not in OUTPUTS]
)
async def test_without_an_ai_an_unknown_form_ends_in_a_line(channel: str) -> None:
    ctx = make_context(ByRules(), channel=channel, product="glass-vase")
    with pytest.raises(CannotDo) as refused:
        await handle(ctx.request, ctx)
    assert Words(load_channels()[channel].title).to("fr") in refused.value.words.to("fr")


def test_each_goal_has_its_story() -> None:
    rules = read_prompt("copy")
    assert [goal for goal in get_args(Goal) if f"{goal.capitalize()}: " not in rules] == []


def test_good_text_has_no_faults() -> None:
    assert find_problems(email(), make_context(product_words="vase")) == []


@pytest.mark.parametrize(
    ("written", "told", "finding"),
    [
        (email("x" * 51), {}, "Subject has 51 characters: keep to 50"),
        (email("Discover the vase"), {}, "“Discover” is worn out"),
        (email("Un vase incontournable"), {}, "“incontournable” is worn out"),
        (email("A must-have vase"), {}, "“must-have” is worn out"),
        (email("Bonjour à vous"), {}, "the first 40 characters are a greeting"),
        (email(hooks=[Hook(angle="price", text="€34")]), {}, "hooks: exactly two"),
        (
            email(hooks=[Hook(angle="a", text="Same"), Hook(angle="b", text="Same")]),
            {},
            "hooks: exactly two",
        ),
        (
            email("Write something nice about the round glass vase"),
            {"words": "please write something nice about the round glass vase"},
            "only repeats the brief",
        ),
    ],
)
def test_fault_is_found(written: BaseModel, told: dict[str, Any], finding: str) -> None:
    assert finding in found(written, make_context(**{"product_words": "vase"} | told))


FORM_FAULT = re.compile(r"SMS|who sends it|how to stop|what to do next")


@pytest.mark.parametrize(
    ("text", "faulty"),
    [
        ("MaisonAlba: the vase is back. Order it. Reply STOP to opt out", False),
        ("MaisonAlba: the vase is back. maisonalba.example/v STOP to 36180", False),
        ("MaisonAlba: the vase is back. Reply STOP to opt out", True),
        ("The vase is back. Order it. Reply STOP to opt out", True),
        ("MaisonAlba: the vase is back.", True),
        ("MaisonAlba: Hi there! The vase is back. STOP", True),
        ("MaisonAlba: " + "the vase is back, " * 20 + "STOP", True),
    ],
)
def test_sms_needs_sender_opt_out_and_size(text: str, faulty: bool) -> None:
    hooks = [Hook(angle="a", text="One"), Hook(angle="b", text="Other")]
    ctx = make_context(channel="sms", product_words="vase")
    written = Sms(text=Copy(text=text), hooks=hooks)
    of_form = [fault for fault in ctx.find_unproven(written) if FORM_FAULT.search(fault)]
    faults = [*find_problems(written, ctx), *of_form]
    assert bool(faults) is faulty, faults


def test_required_sentence_is_no_echo() -> None:
    said = "returns are free in each of our shops for thirty days"
    ctx = make_context(words=f"e-mail, mention that {said}", must_say=(said,))
    assert find_echo(f"Also, {said}.", list_brief_runs(ctx.request.brief)) is None


def test_prompt_names_as_many_words_in_a_row_as_the_check_holds() -> None:
    (rule,) = re.findall(r"[^.]*words in a row[^.]*", read_prompt("copy"))
    assert ECHO_WORDS in list_numbers(rule)
    assert ["product's name" in rule, "offer with its days" in rule] == [True, True]


def test_long_product_name_is_no_echo() -> None:
    name = "Housse de couette Brume en lin lavé"
    ctx = make_context(words=f"un mail pour la {name}", product_words=name)
    assert find_echo(f"Voici : {name}", list_brief_runs(ctx.request.brief)) is None


def test_only_whole_words_are_found() -> None:
    assert contains_words("A cheap vase", "cheap")
    assert not contains_words("A cheaply made vase", "cheap")
    assert contains_words("Now 20% off", "20%")


def test_no_channel_has_no_faults() -> None:
    parts: Sequence[Any] = split_output(email())[0]
    assert (
        find_style_faults(
            parts, request=make_context().request, brand=Brand(name="Alba"), channel=None
        )
        == []
    )


@pytest.mark.parametrize("channel", load_channels())
async def test_what_varies_in_a_first_message_is_at_most_3000_tokens(channel: str) -> None:
    model = Scripted()
    ctx = make_context(
        model, channel=channel, library=sample_data(), product="lin-garance", offer="15% off"
    )
    with pytest.raises(IndexError):  # the model has no answer
        await handle(ctx.request, ctx)
    (request,) = model.requests
    assert "product.lin-garance.description" in request.messages[0].text
    assert len(request.messages[0].text.encode()) // BYTES_PER_TOKEN <= 3000
    assert len(request.system) >= MIN_CACHED_CHARACTERS
    assert "garance" not in request.system.lower()  # what is cached is the same for every text


async def test_card_says_that_an_offer_comes_on_top_of_a_reduced_price() -> None:
    """Whether or not the text stands on the price of the reduced product."""

    def make(handle: str, **prices: int) -> Product:
        known = {"title": handle.title(), "source": Source("shop.csv"), "as_of": NOW.date()}
        return Product.model_validate({"handle": handle, "currency": "EUR", **known, **prices})

    products = [make("glasses", price=47, lowest_30_days=54), make("carafe", price=39)]
    shop = WorkspaceData(CatalogueLibrary(lambda: products), small)
    body = "Glasses and carafe: 15% off with code ONDE15. The carafe is €39 before it."
    written = email("15% off both", body=Copy(text=body, facts=("product.carafe.price",)))
    said: dict[str, Any] = {"offer": "-15%", "words": "-15% on glasses and carafe, code ONDE15"}
    for named, warned in (
        ({"product": "carafe", "others": ("glasses",)}, True),
        ({"product": "glasses", "others": ("carafe",)}, True),
        ({"product": "glasses"}, True),
        ({"product": "carafe"}, False),
    ):
        ctx = make_context(product_words="these", **said, **named)
        done = await run_skill(
            ctx.request,
            brand=BRAND,
            library=shop,
            writer=Scripted(written, written),
            receipt=nothing,
            code="si-test",
            today=NOW.date(),
        )
        assert isinstance(done, DraftResult)
        found = [one for one in done.checks if "reduced already" in one.words.to("en")]
        assert [one.level for one in found] == (["warn"] if warned else []), named
        assert all("(“Glasses”)" in one.words.to("en") for one in found)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("email", "Call `audience`"),
        ("meta_ad", "a setting of the ad: count nobody"),
        ("product_page", "Anybody may read it: count nobody"),
    ],
)
def test_audience_is_counted_only_where_readers_are_chosen(channel: str, told: str) -> None:
    audience = make_context(channel=channel, audience="people who bake").describe_audience()
    assert audience.startswith("people who bake: ")
    assert told in audience


@pytest.mark.parametrize(("channel", "is_told"), [("sms", True), ("product_page", False)])
def test_writer_to_the_whole_list_is_asked_for_whom_the_text_is_true(
    channel: str, is_told: bool
) -> None:
    audience = make_context(channel=channel).describe_audience()
    assert audience.startswith("nobody in particular: ")
    assert ("true of some of them only" in audience) is is_told


@pytest.mark.parametrize(
    ("channel", "told"),
    [("email", "by these words"), ("meta_ad", "in the settings of the ad"), ("product_page", "")],
)
async def test_card_says_of_an_audience_that_it_was_not_counted(channel: str, told: str) -> None:
    ctx = make_context(Scripted(), channel=channel, audience="who looked without buying")
    await ctx.keep_counted_audience()
    said = [one.words.to("en") for one in ctx.notes if one.rule == "audience"]
    assert len(said) == bool(told)
    assert all("“who looked without buying”" in one and told in one for one in said)


@pytest.mark.parametrize(("country", "is_asked"), [("GB", False), ("FR", True)])
def test_number_to_stop_is_asked_for_where_the_counted_readers_have_it(
    country: str, is_asked: bool
) -> None:
    ctx = make_context(channel="sms", audience="UK: who ordered twice this year", language="fr")
    stop = RequiredMention(text="STOP 36111", channels=("sms",))
    ctx.brand = BRAND.model_copy(update={"mentions": (stop,), "languages": ("fr",)})
    rule = AudienceRule(countries=(country,)).stored
    ctx.book.add(
        Fact(
            id="audiences.yours.rule",
            label="rule",
            value=rule,
            source="orders.csv",
            as_of=NOW.date(),
        )
    )
    written = Sms(text=Copy(text="MaisonAlba : merci. Commandez."), hooks=[])
    assert ("STOP" in "".join(ctx.find_unproven(written))) is is_asked


@pytest.mark.parametrize(("size", "is_told"), [("under {n} customers", True), ("{n} fit", False)])
async def test_card_says_that_an_audience_is_too_small(size: str, is_told: bool) -> None:
    ctx = make_context(Scripted(), channel="email", audience="our regulars")
    values = {"audience": None, "size": Words(size, n=20)}
    ctx.evidence = ctx.evidence.plus(
        Fact(
            id=f"segment.audience.{name}",
            label=name,
            value="ordered at least twice",
            source="orders.csv",
            as_of=NOW.date(),
            words=words,
        )
        for name, words in values.items()
    )
    await ctx.keep_counted_audience()
    said = [one.words.to("en") for one in ctx.notes if one.rule == "audience"]
    assert any("wider audience" in one for one in said) is is_told


def test_claim_check_is_told_for_whom_a_text_is() -> None:
    from bot.agent.copy_audience import CONDITIONS, describe_counted_audience

    ctx = make_context(audience="our regulars")
    assert describe_counted_audience(ctx) == ()
    rule = Fact(
        id=CONDITIONS,
        label="audience",
        value="ordered at least twice",
        source="orders.csv",
        as_of=NOW.date(),
    )
    ctx.evidence = ctx.evidence.plus([rule])
    assert describe_counted_audience(ctx) == ("our regulars: ordered at least twice",)


async def test_what_the_text_lacks_of_the_brief_is_left_over() -> None:
    """The writer says it; of the words that no field took, those that stand in the text are said
    no more."""
    ctx = make_context(product="glass-vase", left_over=("heavy", "in our font"))
    written = email(not_used=["the gift link", "none", " the  gift link", ""])
    result = await run_skill(
        ctx.request,
        brand=BRAND,
        library=Shop(),
        writer=Scripted(written, written),
        receipt=nothing,
        code="si-test",
        today=NOW.date(),
    )
    assert isinstance(result, DraftResult)
    assert result.request.brief.left_over == ("in our font", "the gift link")
    assert "not_used" not in {part.key for part in result.parts}
