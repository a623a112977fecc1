"""Facts from the library for writing copy."""

from datetime import datetime
from decimal import Decimal

import pytest

from bot.agent.audience_draft import list_other_languages
from bot.agent.claim_check import build_claim_prompt
from bot.core.audience_rule import AudienceRule
from bot.core.channels import load_channels
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.request import Brief, SkillRequest
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import count_audience, count_consents
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.copy_context import UNKNOWN_CONSENT, find_writing_facts
from bot.data.service import WorkspaceData, load_analysis
from bot.data.warehouse.warehouse import Warehouse
from bot.grounding.copy_checks import check_draft
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import BRAND
from tests.support.small_tables import small


def request(**more: object) -> SkillRequest:
    told = {"words": "e-mail: la chemise Alba en lin", "author": "UMARIE", "language": "en"}
    brief = Brief.model_validate(told | {"product": "lin-alba"} | more)
    return SkillRequest(skill="draft", brief=brief, channel="email")


def facts(kind: str, **more: object) -> dict[str, Fact]:
    return {fact.id: fact for fact in find_writing_facts(kind, sample(), request(**more))}


LINEN, SMALL = "fabric-linen--product-lin-alba", "sizing-small--product-lin-alba"


def test_praise_and_doubt_are_named_without_counts() -> None:
    found = facts("praise")
    assert found[f"praise.{LINEN}.theme"].value == "linen"
    assert found[f"objection.{SMALL}.theme"].value == "runs small"
    ear = [fact for fact in found.values() if fact.id.split(".")[0] != "feedback"]
    assert len(ear) == 2
    assert all(isinstance(fact.value, str) and "%" not in fact.value for fact in ear)


def test_praise_quote_is_in_language_of_text_with_count() -> None:
    table = sample().table("feedback")
    assert table is not None
    reviews = table.text.to_pyarrow().to_pylist()
    for language in ("en", "fr"):
        found = facts("praise", language=language)
        said = found[f"feedback.{LINEN}.quote"]
        assert any(str(said.value) in text for text in reviews)
        assert "feedback.csv" in str(said.source)
        assert found[f"feedback.{LINEN}.praised"].value == 36
        assert found[f"feedback.{LINEN}.reviews"].value == 84
    assert "linen" in str(facts("praise", language="en")[f"feedback.{LINEN}.quote"].value)
    assert "lin" in str(facts("praise", language="fr")[f"feedback.{LINEN}.quote"].value)


def test_reviews_of_two_products_stand_side_by_side() -> None:
    one = facts("praise", language="fr")
    other = facts("praise", product="lit-brume", language="fr")
    quotes = [f for f in (*one.values(), *other.values()) if f.parts.measure == "quote"]
    assert len({fact.id for fact in quotes}) == len({fact.value for fact in quotes}) == 2
    assert not one.keys() & other.keys()
    told = build_claim_prompt(
        (), Evidence(facts=(*one.values(), *other.values())), request(product="lin-alba")
    )
    for quote, title in zip(quotes, ("Chemise Alba", "Housse de couette Brume"), strict=True):
        (line,) = [line for line in told.splitlines() if str(quote.value) in line]
        assert f"lin, {title}" in line


def test_day_of_the_first_order_is_told() -> None:
    orders = sample().table("orders")
    assert orders is not None
    days = orders.filter(orders["product"] == "lin-alba")["at"].to_pyarrow().to_pylist()
    (first,) = facts("first_sale").values()
    assert first.value == min(days).date().isoformat()
    assert not facts("first_sale", product="never-sold")


def test_reviews_orders_and_customers_are_counted() -> None:
    found = {id: fact.number for id, fact in facts("counts").items()}

    def count(sql: str) -> object:
        return sample().engine.con.execute(sql).fetchone()[0]

    year = f"\"at\" >= DATE '{TODAY.year}-01-01'"
    sold = "coalesce(status, '') NOT IN ('cancelled', 'annulée')"
    for id, sql in {
        f"since-{TODAY.year}-01-01.avis": f"FROM feedback WHERE channel = 'avis' AND {year}",
        "of-lin-alba.avis": "FROM feedback WHERE channel = 'avis' AND product = 'lin-alba'",
    }.items():
        assert found[f"counts.{id}"] == count(f"SELECT count(*) {sql}")
    customers = count(f"SELECT count(DISTINCT customer) FROM orders WHERE {sold}")
    assert found["counts.in-all.customers"] == customers
    assert found["counts.in-all.orders"] > found[f"counts.since-{TODAY.year}-01-01.orders"]


def test_quote_with_complaint_is_not_used() -> None:
    from bot.data.analyses.feedback.objections import find_praise

    one = find_praise(sample(), "lin-solene", "fabric-linen", "fr")
    assert one is not None
    assert one.quote is not None
    assert "petit" not in one.quote.text.whole
    assert find_praise(sample(), "lin-alba", "no-such-theme", "fr") is None


def test_facts_are_in_language_of_text() -> None:
    assert facts("praise", language="fr")[f"objection.{SMALL}.theme"].value == "taille petit"


@pytest.mark.parametrize(
    ("delivered", "told"), [(None, "25% of 1,248 sent"), (1236, "25.2% of 1,236 delivered")]
)
def test_open_rate_says_whether_messages_were_sent_or_delivered(
    delivered: int | None, told: str
) -> None:
    letter = {
        "id": "mail-1",
        "code": "mail-1",
        "at": datetime(2026, 6, 1, 9),
        "channel": "email",
        "language": "en",
        "subject": "The linen shirt is back",
        "text": "Our linen shirt is back.",
        "product": "lin-alba",
        "sent": 1248,
        "delivered": delivered,
        "opened": 312,
    }
    found = find_writing_facts("past_copy", small(campaigns=[letter]), request())
    assert {fact.id: fact.value for fact in found}["past_copy.mail-1.open-rate"] == told


def test_nearest_past_texts_have_open_rates() -> None:
    found = facts("past_copy", language="fr")
    assert "Chemise Alba" in str(found["past_copy.om-250605-alba-ete.subject"].value)
    assert found["past_copy.om-250605-alba-ete.open-rate"].value == "39,1\u00a0% sur 622 délivrés"
    english = facts("past_copy", language="en")
    assert "past_copy.om-250605-alba-ete.subject" not in english


def test_audience_has_rule_and_size() -> None:
    found = facts("segment", rule=AudienceRule(segments=("loyal",)).model_dump_json())
    assert "Loyal" in str(found["segment.audience.audience"].value)
    assert (
        found["segment.audience.size"].value
        == "329 customers fit, 197 of them agreed to e-mails; 28 of them read in English"
    )


def test_audience_is_told_in_the_language_of_its_reader() -> None:
    french = facts("segment", language="fr", audience="nos clientes fidèles")
    english = facts("segment", language="en", audience="nos clientes fidèles")
    for id in ("segment.audience.audience", "segment.audience.size"):
        assert french[id].value == french[id].spelled("fr") != french[id].spelled("en")
        again = Fact.model_validate_json(french[id].model_dump_json())
        size = str(english[id].value).partition(";")[0]  # then how many read this text
        assert str(again.spelled("en")).partition(";")[0] == size


def test_named_segment_is_known_in_both_languages() -> None:
    for words in ("our loyal customers", "nos clients fidèles"):
        assert "Loyal" in str(facts("segment", audience=words)["segment.audience.audience"].value)
    assert facts("segment", audience="people with cats") == {}
    assert facts("segment", audience="new subscribers from Ireland") == {}
    assert facts("segment", audience="loyal customers in Ireland") == {}
    assert facts("segment", rule="no rule at all") == {}


def test_customers_of_a_country_are_counted() -> None:
    rule = AudienceRule(countries=("GB",))
    counted = count_audience(sample(), rule).description.to("en")
    for words in ("our UK customers", "nos clientes anglaises"):
        found = facts("segment", audience=words)
        assert found["segment.audience.rule"].value == rule.stored
        assert str(found["segment.audience.size"].value).startswith(counted)
    page = request(audience="our UK customers").model_copy(update={"channel": "product_page"})
    assert find_writing_facts("segment", sample(), page) == ()
    both = facts("segment", audience="UK and Ireland")["segment.audience.rule"].value
    assert both == AudienceRule(countries=("GB", "IE")).stored


def test_whole_list_of_a_market_is_that_of_its_country() -> None:
    of_market = facts("segment", market="GB")
    assert of_market["segment.audience.rule"].value == AudienceRule(countries=("GB",)).stored
    loyal = facts("segment", market="GB", audience="our loyal customers")
    assert "Loyal" in str(loyal["segment.audience.audience"].value)


def test_country_is_counted_as_the_orders_spell_it() -> None:
    def ordered(country: str | None) -> dict[str, Fact]:
        lines = [
            {"order": f"o{n}", "customer": f"c{n}", "product": "tote", "amount": 20}
            for n in range(30)
        ]
        orders = [line | {"at": datetime(2026, 6, 1), "country": country} for line in lines]
        found = find_writing_facts("segment", small(orders=orders), request(audience="FR"))
        return {fact.id: fact for fact in found}

    assert "30 customers fit" in str(ordered("France")["segment.audience.size"].value)
    assert "under" in str(ordered("Belgium")["segment.audience.size"].value)
    assert ordered(None) == {}


def test_size_says_how_many_read_the_language_of_the_text() -> None:
    def list_of(**codes: int) -> Warehouse:
        spoken = [code for code, count in codes.items() for _ in range(count)]
        consents = [
            {"customer": f"c{n}", "email": True, "language": None if one == "none" else one}
            for n, one in enumerate(spoken)
        ]
        order = {"customer": "c0", "at": datetime(2026, 6, 1), "product": "tote", "amount": 20}
        return small(consents=consents, orders=[order | {"order": "o0"}])

    def size(**codes: int) -> str:
        fact, *_most = find_writing_facts("reach", list_of(**codes), request())
        return str(fact.value)

    assert size(en=30, fr=50) == "80 customers agreed; 30 of them read in English"
    assert size(en=5, fr=50).endswith("; under 20 of them read in English")
    assert size(fr=50).endswith("; none of them reads in English")
    assert size(en=50, fr=5) == "55 customers agreed"
    assert size(en=30, none=50) == "80 customers agreed"
    found = facts("segment", language="en", audience="FR")
    (offer,) = list_other_languages(Evidence(facts=tuple(found.values())), request())
    assert (offer.label.to("fr"), offer.words) == (
        "La même chose en français",
        "The same in French",
    )
    few = tuple(find_writing_facts("reach", list_of(en=50, fr=30), request()))
    assert list_other_languages(Evidence(facts=few), request()) == ()
    loyal = found["segment.audience.size"].words
    assert loyal is not None
    assert loyal.to("fr").endswith("lisent en anglais")
    assert loyal.to("fr").count("dont") < 2


def test_audience_of_an_sms_is_counted_by_the_consent_to_sms() -> None:
    rule = AudienceRule(segments=("loyal",))
    for brief in ({"rule": rule.model_dump_json()}, {"audience": "our loyal customers"}):
        sms = {
            fact.id: fact
            for fact in find_writing_facts(
                "segment", sample(), request(**brief).model_copy(update={"channel": "sms"})
            )
        }
        assert "agreed to SMS" in str(sms["segment.audience.audience"].value)
        counted = count_audience(sample(), rule.model_copy(update={"purpose": "sms"}))
        size = str(sms["segment.audience.size"].value)
        assert size.startswith(counted.description.to("en"))
        assert counted.reachable != count_audience(sample(), rule).reachable


def test_audience_of_a_product_page_needs_no_consent() -> None:
    page = request(audience="our loyal customers").model_copy(update={"channel": "product_page"})
    found = {fact.id: fact for fact in find_writing_facts("segment", sample(), page)}
    assert "agreed" not in str(found["segment.audience.audience"].value)
    assert found["segment.audience.size"].value == "329 customers fit"


def test_named_segment_has_its_size_and_what_it_bought() -> None:
    found = facts("segment", audience="our loyal customers")
    assert (
        found["segment.audience.size"].value
        == "329 customers fit, 197 of them agreed to e-mails; 28 of them read in English"
    )
    segments = sample_segments()
    assert (
        found["segment.audience.favourite-category"].value
        == segments["segments.loyal.favourite-category"].value
    )
    titles = str(found["segment.audience.bought-most"].value).split("; ")
    assert len(titles) == 3
    known = sample().engine.con.execute("SELECT title FROM products").fetchall()
    assert set(titles) <= {title for (title,) in known}


def test_whole_list_is_counted_by_who_agreed_to_the_channel() -> None:
    agreed = count_consents(sample())
    for channel, said in (
        ("email", f"{agreed['email']:,} customers agreed; 383 of them read in English"),
        ("push", UNKNOWN_CONSENT.text),
    ):
        asked = request().model_copy(update={"channel": channel})
        size, *_most = find_writing_facts("reach", sample(), asked)
        assert (size.id, size.value) == ("segment.audience.size", said)
    page = request().model_copy(update={"channel": "product_page"})
    assert find_writing_facts("reach", sample(), page) == ()


def test_audience_of_a_channel_without_consents_is_said_to_be_unknown() -> None:
    push = request(audience="our loyal customers").model_copy(update={"channel": "push"})
    found = {fact.id: fact for fact in find_writing_facts("segment", sample(), push)}
    assert found["segment.audience.size"].value == f"329 customers fit. {UNKNOWN_CONSENT.text}"
    assert "segment.audience.rule" not in found


def test_too_small_audience_has_no_argument() -> None:
    rule = AudienceRule(min_orders=500)
    found = facts("segment", rule=rule.model_dump_json())
    assert [*found] == ["segment.audience.audience", "segment.audience.size"]


def sample_segments() -> dict[str, Fact]:
    return {
        fact.id: fact for fact in load_analysis("segments").find(sample(), AnalysisFilter()).facts
    }


def test_no_files_give_no_facts() -> None:
    for kind in ("praise", "past_copy", "segment"):
        assert find_writing_facts(kind, small(), request(audience="loyal customers")) == ()


async def test_workspace_data_returns_writing_facts() -> None:
    library = WorkspaceData(CatalogueLibrary(list), sample)
    assert [fact.id for fact in await library.look_up("praise", request())] == [
        f"feedback.{LINEN}.quote",
        f"feedback.{LINEN}.praised",
        f"feedback.{LINEN}.reviews",
        f"praise.{LINEN}.theme",
        f"objection.{SMALL}.theme",
    ]


def test_writing_facts_prove_no_claim() -> None:
    told = (
        Fact(id="past_copy.a.text", label="text", value="-70 %", source="c.csv", as_of=TODAY),
        Fact(
            id="past_copy.a.opened",
            label="opened",
            value=Decimal(38),
            unit="%",
            source="c.csv",
            as_of=TODAY,
        ),
        Fact(
            id="segment.audience.size",
            label="size",
            value="329 customers",
            source="o.csv",
            as_of=TODAY,
        ),
        Fact(
            id="praise.silk.theme",
            label="praised most",
            value="pure silk",
            source="f.csv",
            as_of=TODAY,
        ),
    )
    for text in ("Only now: 70% off.", "38% of you read this.", "329 customers."):
        copy = Copy(text=text, facts=tuple(fact.id for fact in told))
        part = Part(kind="copy", key="body", title="Body", body=copy)
        checks = check_draft(
            (part,),
            (),
            Evidence(facts=told),
            request=request(words="an e-mail", product=None),
            brand=BRAND,
            channel=load_channels()["email"],
            today=TODAY,
        )
        assert [check for check in checks if check.level == "block"], text
