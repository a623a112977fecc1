"""What code works out for a writer of copy: the room of an SMS, stock, prices, audience, doubt."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.agent.copy_audience import ask_for_wider_audience, find_foreign_opt_out
from bot.agent.copy_notes import (
    NOT_NEW,
    UNKNOWN_BASKET,
    drop_answered_questions,
    find_offer_prices,
    find_old_launch,
    find_style_faults,
    list_copy_notes,
    list_open_questions,
)
from bot.agent.request_state import RequestState
from bot.config.brand import Brand, RequiredMention
from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import NONE_AGREED
from bot.core.channels import SEGMENT_SIZES, count_sms_segments, load_channels, measure_sms_room
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.request import Brief, SkillRequest
from bot.drafts.models import campaign_code, tag_links
from bot.i18n.messages import Words
from tests.conftest import NOW
from tests.support.channel_outputs import Email, Sms

TODAY = NOW.date()
LINK = "https://alba.example/vase"

BRAND = Brand(
    name="Maison Alba",
    sender="MaisonAlba",
    site="https://alba.example",
    mentions=(RequiredMention(text="STOP 36111", channels=("sms",)),),
)


def product_fact(label: str, value: Decimal | str) -> Fact:
    unit = "EUR" if "price" in label else None
    return Fact(
        id=f"product.vase.{label}",
        label=label,
        value=value,
        unit=unit,
        source="products.csv",
        as_of=NOW.date(),
    )


def other_fact(id: str, label: str, value: str) -> Fact:
    return Fact(id=id, label=label, value=value, source="feedback.csv", as_of=NOW.date())


def make_request(channel: str = "email", **brief: Any) -> SkillRequest:
    values = {"words": "a text", "author": "ana", "language": "en", "product": "vase"} | brief
    return SkillRequest(skill="draft", brief=Brief.model_validate(values), channel=channel)


def make_evidence(*facts: Fact, **values: Decimal | str) -> Evidence:
    known: dict[str, Decimal | str] = {"name": "Tall vase", "price": Decimal("40"), "link": LINK}
    known |= values
    own = (product_fact(label.replace("_", " "), value) for label, value in known.items())
    return Evidence(facts=(*own, *facts))


def notes(evidence: Evidence, request: SkillRequest) -> str:
    channel = load_channels()[request.channel or "email"]
    return "\n".join(list_copy_notes(request, evidence, BRAND, channel, NOW.date()))


@pytest.mark.parametrize("is_gsm", [True, False])
@pytest.mark.parametrize("segments", [1, 2])
def test_sms_room_fills_the_segments_to_the_last_character(segments: int, is_gsm: bool) -> None:
    fixed = "MaisonAlba: € " if is_gsm else "MaisonAlba: "
    room = measure_sms_room(fixed, segments, is_gsm=is_gsm)
    letters = ("x" if is_gsm else "ê") * room
    assert count_sms_segments(fixed + letters) == segments
    assert count_sms_segments(fixed + letters + letters[:1]) == segments + 1


def test_sms_room_is_never_negative() -> None:
    assert measure_sms_room("x" * (SEGMENT_SIZES[True][0] + 1), 1) == 0


def test_writer_of_an_sms_is_told_the_room_beside_sender_tagged_link_and_opt_out() -> None:
    told = notes(make_evidence(), make_request("sms"))
    tagged = tag_links(LINK, BRAND.site, campaign_code("any piece"))
    assert len(tagged) > len(LINK)
    fixed = f"MaisonAlba:  {tagged} STOP 36111"
    for is_gsm in (True, False):
        one, two = (measure_sms_room(fixed, count, is_gsm=is_gsm) for count in (1, 2))
        assert f"{one} and {two} instead" in told or (
            f"{one} characters in one SMS" in told and f"{two} in two" in told
        )
    assert f"SMS: with {BRAND.site} (" not in told  # a product's text leads to its page
    assert "SMS" not in notes(make_evidence(), make_request("push"))


def test_room_of_an_sms_is_less_what_every_text_must_mention() -> None:
    mention = RequiredMention(text="Members only")
    brand = BRAND.model_copy(update={"mentions": (*BRAND.mentions, mention)})
    evidence, channel = make_evidence(), load_channels()["sms"]
    told = "\n".join(list_copy_notes(make_request("sms"), evidence, brand, channel, NOW.date()))
    tagged = tag_links(LINK, BRAND.site, campaign_code("any piece"))
    room = measure_sms_room(f"MaisonAlba:  {tagged} STOP 36111 Members only", 1)
    assert f"may have {room} characters in one SMS" in told


def test_opt_out_by_a_number_is_asked_about_abroad() -> None:
    def asked(channel: str, *countries: str, brand: Brand = BRAND, **brief: Any) -> list[str]:
        rule = AudienceRule(countries=countries).stored
        request = make_request(channel, rule=rule, **brief)
        found = find_foreign_opt_out(request, make_evidence(), brand, load_channels()[channel])
        return [check.words.to("en") for check in found]

    home = BRAND.model_copy(update={"languages": ("fr",)})
    assert not asked("sms", "GB", "Ireland", brand=home)  # nobody at home: the text lacks it
    (words,) = asked("sms", "FR", "GB", "Ireland", brand=home)
    assert "STOP 36111" in words
    assert "United Kingdom or Ireland" in words
    without = home.model_copy(update={"mentions": ()})
    assert not asked("sms", "GB", brand=without)
    assert not asked("sms", "GB", brand=home, market="GB")
    assert not [*asked("sms", "FR", brand=home), *asked("sms", brand=home)]
    assert not asked("email", "GB", brand=home)


def test_each_link_has_its_room() -> None:
    told = notes(make_evidence(), make_request("sms", product=None))
    for address in (LINK, BRAND.site or ""):
        tagged = tag_links(address, BRAND.site, campaign_code("any piece"))
        room = measure_sms_room(f"MaisonAlba:  {tagged} STOP 36111", 1)
        assert f"with {address} ({len(tagged)} characters" in told
        assert f"may have {room} characters in one SMS" in told


def test_a_basket_left_leads_to_the_basket_and_names_nothing_that_is_not_known() -> None:
    basket = "https://alba.example/basket"
    brand = BRAND.model_copy(update={"pages": {"basket": basket}})

    def told(**brief: Any) -> str:
        request = make_request("sms", goal="basket left", **brief)
        found = list_copy_notes(request, make_evidence(), brand, load_channels()["sms"], NOW.date())
        return "\n".join(found)

    assert UNKNOWN_BASKET in told(product=None)
    assert f"with {basket} (" in told(product=None)
    assert UNKNOWN_BASKET not in told()
    assert f"with {basket} (" in told()


def test_news_by_sms_knows_the_room_beside_the_page_of_their_orders() -> None:
    orders = "https://alba.example/orders"
    brand = BRAND.model_copy(update={"pages": {"orders": orders}})

    def told(**brief: Any) -> str:
        request = make_request("sms", goal="announce", product=None, **brief)
        found = list_copy_notes(request, make_evidence(), brand, load_channels()["sms"], TODAY)
        return "\n".join(found)

    assert f"with {orders} (" in told()
    assert orders not in told(offer="20% off")


def test_a_listing_is_of_one_article() -> None:
    both = make_request("amazon_listing", others=("lamp",))
    assert "of one article" in notes(make_evidence(), both)
    assert "of one article" not in notes(make_evidence(), make_request("amazon_listing"))
    mail = make_request(others=("lamp",))
    assert "of one article" not in notes(make_evidence(), mail)


def test_the_link_of_the_brief_has_its_room_and_no_other_link() -> None:
    told = notes(make_evidence(), make_request("sms", words="vase, alba.example/sale please"))
    tagged = tag_links("https://alba.example/sale", BRAND.site, campaign_code(""))
    room = measure_sms_room(f"MaisonAlba:  {tagged} STOP 36111", 1)
    assert f"with https://alba.example/sale ({len(tagged)} characters" in told
    assert f"may have {room} characters in one SMS" in told
    assert LINK not in told


def test_writer_knows_the_link_that_code_adds() -> None:
    assert LINK in notes(make_evidence(), make_request("push"))
    assert LINK not in notes(make_evidence(), make_request("product_page"))


@pytest.mark.parametrize(("more", "is_fault"), [(0, False), (1, True), (60, True)])
def test_a_second_sms_goes_back_to_the_writer(more: int, is_fault: bool) -> None:
    tagged = tag_links(LINK, BRAND.site, campaign_code("any piece"))
    room = measure_sms_room(f"MaisonAlba:  {tagged} STOP 36111", 1)
    text = f"MaisonAlba: {'x' * (room + more)} {LINK} STOP 36111"
    part = Part(kind="copy", key="text", title="Text", body=Copy(text=text))
    request = make_request("sms", product_words="vase")
    found = find_style_faults([part], request=request, brand=BRAND, channel=load_channels()["sms"])
    assert any("characters less it is one" in fault for fault in found) is is_fault


@pytest.mark.parametrize(("letters", "named"), [("x" * 400, ""), ("ê" + "x" * 200, "“ê”")])
def test_long_sms_is_named_once_with_the_character_that_costs_its_room(
    letters: str, named: str
) -> None:
    part = Part(kind="copy", key="text", title="Text", body=Copy(text=f"MaisonAlba: {letters}"))
    request = make_request("sms", product_words="vase")
    found = find_style_faults([part], request=request, brand=BRAND, channel=load_channels()["sms"])
    assert not any("SMS, and 2 are allowed" in fault for fault in found)  # the form's check says it
    assert any(named in fault for fault in found) if named else not found


def test_writer_is_told_that_a_product_is_sold_out() -> None:
    assert "SOLD OUT" in notes(make_evidence(stock=Decimal(0)), make_request())
    assert "as still to come" in notes(make_evidence(stock=Decimal(0)), make_request())
    assert "not as a present" in notes(make_evidence(stock=Decimal(0)), make_request())
    assert "SOLD OUT" not in notes(make_evidence(stock=Decimal(3)), make_request())
    assert "SOLD OUT" not in notes(make_evidence(), make_request())
    listing = make_request("product_page")  # describes it all the same
    assert "SOLD OUT" not in notes(make_evidence(stock=Decimal(0)), listing)


def test_writer_knows_whether_what_is_back_is_so_today() -> None:
    def told(since: date) -> str:
        request = make_request("sms", goal="back in stock", since=since)
        evidence = make_evidence(stock=Decimal(0))
        return "\n".join(list_copy_notes(request, evidence, BRAND, None, NOW.date()))

    later = NOW.date() + timedelta(days=3)
    assert str(later) in told(later)
    assert str(NOW.date()) in told(later)
    assert "SOLD OUT" not in told(later)
    assert "SOLD OUT" in told(NOW.date())


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        ("the UK people who wait for it", True),
        ("our best customers with a high CA", False),
        ("people in France and the UK", False),
        ("our subscribers", False),
        ("buyers of the jersey dress and of Irish linen", False),
    ],
)
def test_writer_knows_what_does_not_hold_abroad(audience: str, told: bool) -> None:
    home = BRAND.model_copy(update={"languages": ("fr",)})
    request = make_request("sms", audience=audience)
    said = "\n".join(
        list_copy_notes(request, make_evidence(), home, load_channels()["sms"], NOW.date())
    )
    assert ("STOP 36111" in said) is told
    assert ("GBP" in said) is told


def test_prices_in_a_currency_that_readers_do_not_pay_in_are_left_out() -> None:
    def find(audience: str) -> tuple[str, list[str], set[str]]:
        request = make_request("sms", audience=audience, offer="15% off")
        known = make_evidence(lowest_price_30_days=Decimal("40"))
        known = known.plus(find_offer_prices(known, request, NOW.date()))
        open_notes = list_open_questions(request, known, load_channels()["sms"], TODAY)
        kept = {}
        for text in ("15% off", "€34 instead of €40"):
            written = Sms(text=Copy(text=text), hooks=[])
            kept[text] = [one.rule for one in drop_answered_questions(open_notes, written)]
        return notes(known, request), kept["15% off"], {*kept["€34 instead of €40"]}

    told, unpriced, priced = find("people in the UK")
    assert "both prices" not in told
    assert (unpriced, priced) == (["no price"], set())
    told, unpriced, _ = find("people in France")
    assert "Write both prices" in told
    assert "no price" not in unpriced


def test_a_sold_out_product_has_no_price_to_write() -> None:
    request = make_request(offer="15% off")
    for stock, is_priced in ((Decimal(0), False), (Decimal(3), True)):
        known = make_evidence(lowest_price_30_days=Decimal("40"), stock=stock)
        known = known.plus(find_offer_prices(known, request, NOW.date()))
        assert ("Write both prices" in notes(known, request)) is is_priced


def test_goods_of_a_basket_that_the_brief_names_may_be_named() -> None:
    request = make_request(product=None, goal="basket left", product_words="linen sheets")
    told = notes(make_evidence(), request)
    assert "“linen sheets”" in told
    assert UNKNOWN_BASKET not in told


def test_an_ad_ends_with_its_offer() -> None:
    def asked(channel: str, **brief: Any) -> list[str]:
        request = make_request(channel, until=date(2026, 12, 1), **brief)
        found = list_open_questions(request, make_evidence(), load_channels()[channel], TODAY)
        return [check.words.to("en") for check in found]

    assert "1 December" in "".join(asked("google_ad", offer="20% off until 1 December"))
    assert not asked("google_ad")
    assert not asked("email", offer="20% off until 1 December")


@pytest.mark.parametrize(
    ("offer", "is_open"),
    [
        ("10% off, valid 14 days", True),
        ("10% off, valid 14 days from 1 December", False),
        ("free exchange for 30 days", False),
    ],
)
def test_terms_without_a_first_day_are_asked_about(offer: str, is_open: bool) -> None:
    request = make_request(offer=offer)
    found = list_open_questions(request, make_evidence(), load_channels()["email"], TODAY)
    assert [one.quote for one in found] == ["14 days"] * is_open


@pytest.mark.parametrize(("change", "is_open"), [("make it 20%", True), ("20% with ALBA15", False)])
def test_a_code_of_another_share_is_to_be_confirmed(change: str, is_open: bool) -> None:
    request = make_request(
        words="a mail, 15% off with ALBA15",
        offer="20% off with ALBA15",
        must_say=("ALBA15",),
        replaced=("15%",),
        instructions=({"words": change, "by": "ana"},),
    )
    found = list_open_questions(request, make_evidence(), load_channels()["email"], TODAY)
    said = [one.words.to("en") for one in found if one.rule == "code"]
    assert [one.partition(".")[0] for one in said] == ["ALBA15 was given for 15%"] * is_open


@pytest.mark.parametrize(("day", "is_over"), [(27, False), (29, True)])
def test_an_occasion_that_has_just_passed_is_told(day: int, is_over: bool) -> None:
    request, channel = make_request(occasion="black_friday"), load_channels()["push"]
    found = list_open_questions(request, make_evidence(), channel, date(2026, 11, day))
    said = [one.words.to("en") for one in found if one.rule == "occasion"]
    assert said == ["Black Friday: over since 27 November 2026."] * is_over


def test_writer_is_told_the_range_of_prices() -> None:
    told = notes(make_evidence(price_to=Decimal("65")), make_request())
    assert "€40.00 to €65.00" in told
    assert "from" in told
    assert "depends on size" not in notes(make_evidence(), make_request())


@pytest.mark.parametrize(
    ("offer", "to_pay"),
    [
        ("-15% until Sunday", Decimal("34.00")),
        ("15 % off with code ALBA15", Decimal("34.00")),
        ("15% off from €80", None),
        ("free delivery from €30", None),
        ("20% on the second, 10% on the first", None),
        ("15% off + free delivery from €60", Decimal("34.00")),
        ("15% off + €5 off from €60", None),
        (None, None),
    ],
)
def test_price_with_the_offer_is_computed_where_only_a_percentage_is_given(
    offer: str | None, to_pay: Decimal | None
) -> None:
    request = make_request(offer=offer)
    found = [fact.value for fact in find_offer_prices(make_evidence(), request, NOW.date())]
    assert found == ([to_pay] if to_pay else [])


def test_price_with_the_offer_is_not_computed_from_a_price_that_is_cut_already() -> None:
    evidence = make_evidence(lowest_price_30_days=Decimal("38"))
    assert not [*find_offer_prices(evidence, make_request(offer="15% off"), NOW.date())]


def test_price_with_the_offer_is_told_to_the_writer() -> None:
    request, evidence = make_request(offer="15% off"), make_evidence()
    evidence = evidence.plus(find_offer_prices(evidence, request, NOW.date()))
    assert "€34.00 with the offer" in notes(evidence, request)


def test_writer_knows_whether_the_audience_was_counted() -> None:
    request = make_request(audience="people who bought vases")
    assert "not counted" in notes(make_evidence(), request)
    counted = make_evidence(
        other_fact("segment.audience.audience", "audience", "bought: Tall vase"),
        other_fact("segment.audience.bought-most", "bought most", "Short vase; Tall vase"),
    )
    told = notes(counted, request)
    assert "not counted" not in told
    assert "have this very product" in told
    assert "Audience" not in notes(make_evidence(), make_request())


@pytest.mark.parametrize(
    ("channel", "words", "goal", "asks"),
    [
        ("sms", "a text", None, True),
        ("instagram", "a text", None, False),
        ("sms", "a text\nWrite it all the same", None, False),
        ("sms", "their parcels are late", "announce", False),
    ],
)
def test_before_a_text_for_nobody_it_is_asked_whom_it_is_for(
    channel: str, words: str, goal: str | None, asks: bool
) -> None:
    size = NONE_AGREED.with_params(fits="248", to=Words("to SMS"))
    known = other_fact("segment.audience.size", "size", size.to("en"))
    state = SimpleNamespace(
        request=make_request(channel, words=words, audience="the UK", goal=goal),
        channel=load_channels()[channel],
        evidence=make_evidence(known.model_copy(update={"words": size})),
    )
    question = ask_for_wider_audience(cast(RequestState, state))
    assert (question is not None) is asks
    if question:
        assert "the UK" in question.words.to("en")
        assert question.options == ("Write it all the same",)


def test_writer_on_several_products_knows_that_the_click_leads_to_the_home_page() -> None:
    other = other_fact("product.lamp.link", "link", "https://alba.example/lamp")
    both = make_request(others=("lamp",))
    told = notes(make_evidence(other), both)
    assert f"leads to {BRAND.site}, the home page" in told
    assert LINK in notes(make_evidence(), make_request())
    assert "home page" not in notes(make_evidence(), make_request())
    post = make_request("instagram", others=("lamp",))
    assert "home page" not in notes(make_evidence(other), post)
    push = notes(make_evidence(other), make_request("push", others=("lamp",)))
    assert f"{LINK}, that of the first product," in push


def test_doubt_is_asked_about_unless_the_text_cites_it() -> None:
    doubt = other_fact(
        "objection.sizing-small--product-alba.theme", "doubt to answer", "runs small"
    )
    evidence, request = make_evidence(doubt), make_request(occasion="noel")
    assert f"add {doubt.id} to the `facts`" in notes(evidence, request)
    asked = list_open_questions(request, evidence, load_channels()["email"], TODAY)

    def rules(*cited: str) -> set[str]:
        body = Copy(text="If you hesitate, take the larger one.", facts=cited)
        said = Copy(text="Linen")
        mail = Email(subject=said, preheader=said, body=body, call_to_action=said, hooks=[])
        return {note.rule for note in drop_answered_questions(asked, mail)}

    assert rules("product.vase.name") == {"doubt", "delivery"}
    assert rules("product.vase.name", doubt.id) == {"delivery"}


def test_doubt_and_delivery_are_told_to_the_writer_and_noted_for_people() -> None:
    doubt = other_fact(
        "objection.sizing-small--product-alba.theme", "doubt to answer", "runs small"
    )
    evidence, request = make_evidence(doubt), make_request(occasion="noel")
    told = notes(evidence, request)
    assert "runs small" in told
    assert "No fact tells when an order arrives" in told
    channels = load_channels()

    def rules(channel: str) -> set[str]:
        found = list_open_questions(request, evidence, channels[channel], TODAY)
        assert all(check.level == "info" for check in found)
        return {check.rule for check in found}

    assert rules("email") == {"doubt", "delivery"}
    assert rules("product_page") == {"doubt"}  # it stands longer than the occasion
    assert rules("push") == rules("sms") == rules("meta_ad") == {"doubt"}
    assert not list_open_questions(make_request(), make_evidence(), channels["email"], TODAY)


def test_both_prices_of_a_cut_are_told_only_where_the_lowest_is_known() -> None:
    request = make_request(offer="15% off")
    known = make_evidence(lowest_price_30_days=Decimal("40"))
    known = known.plus(find_offer_prices(known, request, NOW.date()))
    unknown = make_evidence().plus(find_offer_prices(make_evidence(), request, NOW.date()))
    assert "instead of €40.00" in notes(known, request)
    assert "the percentage alone" not in notes(known, request)
    sms = request.model_copy(update={"channel": "sms"})
    assert "the percentage alone" in notes(known, sms)
    assert "write no former price" in notes(unknown, request)


def test_text_without_a_product_is_told_to_look_up_the_few_it_shows() -> None:
    evidence = make_evidence()
    told = notes(evidence, make_request(product=None))
    assert "names no product" in told
    assert "a service such as delivery, an event or news needs none" in told
    assert "names no product" not in notes(evidence, make_request())
    assert "max_price" in notes(evidence, make_request(product=None))


@pytest.mark.parametrize(("offer", "is_told"), [("15% off", True), ("free delivery", False)])
def test_prices_reduced_already_matter_to_an_offer_with_a_percentage(
    offer: str, *, is_told: bool
) -> None:
    reduced = other_fact("reduced.lamp.lowest-price-30-days", "lowest price 30 days", "50")
    reduced = reduced.model_copy(update={"about": "Lamp"})
    told = notes(make_evidence(reduced), make_request(product=None, offer=offer))
    assert ("Reduced already" in told) is is_told


@pytest.mark.parametrize(
    ("goal", "days", "is_told"),
    [("launch", 91, True), ("launch", 89, False), ("inform", 400, False), (None, 400, False)],
)
def test_launch_of_what_has_long_been_sold_is_told(
    goal: str | None, days: int, *, is_told: bool
) -> None:
    today = NOW.date()
    day = (today - timedelta(days=days)).isoformat()
    evidence = make_evidence(other_fact("product.vase.first-sold", "in the orders since", day))
    for channel in ("email", "sms"):
        request = make_request(channel, goal=goal)
        checks = find_old_launch(request, evidence, today)
        assert [check.level for check in checks] == (["info"] if is_told else [])
        told = list_copy_notes(request, evidence, BRAND, load_channels()[channel], today)
        assert (NOT_NEW in told) is is_told
