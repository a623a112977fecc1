"""Export of a draft as Markdown, HTML and JSON."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.config.brand import Brand, Market
from bot.core.brand_facts import list_brand_facts
from bot.core.channels import load_channels
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, File, Heading, Part, Quote, Table
from bot.core.request import Brief
from bot.db.session import Database
from bot.drafts.export import render_html, render_json, render_markdown
from bot.drafts.models import Draft
from bot.drafts.recipients import (
    describe_draft_target,
    find_draft_target,
    find_page,
    find_target,
)
from tests.conftest import NOW
from tests.slack.test_draft_card import LONG, RUDE
from tests.support.card_scenes import drafted


@dataclass(frozen=True)
class Yes:
    by: str
    at: datetime
    reason: str | None = None


MAISON = Brand(name="Maison", site="https://maison.example")
YES = (Yes("Ada <b>", NOW), Yes("Bo", NOW, "Legal\nagreed"))
TEXTS = {
    "subject": "Le lin, l'été & <vous> : « -20 % »",
    "body": "First line.\n\n  Indented\n\n\nAfter three ```` fences ``` & </div><script>x</script>",
    "rude": RUDE,
    "long": LONG,
    "empty": "",
}
PARTS = (
    Part(kind="heading", key="head", title="Heading", body=Heading(text="Ce qu'on <dit>")),
    *(
        Part(kind="copy", key=key, title="Subject", body=Copy(text=text))
        for key, text in TEXTS.items()
    ),
    Part(kind="quote", key="quote", title="Quote", body=Quote(text="It 'fits'!", fact="f")),
    Part(
        kind="table",
        key="table",
        title="Table",
        body=Table(columns=("a", "b<"), rows=(("1", "&2"),)),
    ),
    Part(kind="file", key="file", title="File", body=File(name="a.png", sha256="0" * 64)),
)


@pytest.fixture
def draft(sqlite: Database) -> Draft:
    with sqlite.begin() as session:
        return drafted(session, parts=PARTS)


class Page(HTMLParser):
    """Parses the text of each part as a browser does, and what the page would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.lang = ""
        self._in: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append(tag)
        self.loads += [name for name in told if name in ("src", "href", "onload", "style")]
        if tag == "html":
            self.lang = told.get("lang") or ""
        if key := told.get("data-part"):
            self._in = key
            self.texts[key] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("div", "blockquote", "h1", "table"):
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in:
            self.texts[self._in] += data


def fenced(page: str) -> list[str]:
    """Return the text between the fences. A fence is closed by one of the same length."""
    shape = re.compile(r"^(`{3,})text\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)
    return [found[2] for found in shape.finditer(page)]


def test_markdown_keeps_every_word(draft: Draft) -> None:
    found = fenced(render_markdown(draft, MAISON, YES))
    assert found[:6] == [part.text for part in draft.parts[:6]]
    assert found[6] == "It 'fits'!"


def test_html_keeps_every_word(draft: Draft) -> None:
    page = Page(render_html(draft, MAISON, YES))
    for part in draft.parts[:7]:
        assert page.texts[part.key] == part.text
    assert "&2" in page.texts["table"]


def test_json_keeps_every_word(draft: Draft) -> None:
    told = json.loads(render_json(draft, MAISON, YES))
    assert [one.get("text") for one in told["parts"][:7]] == [p.text for p in draft.parts[:7]]
    assert told["approved"] is True
    assert told["approvals"][1]["reason"] == "Legal\nagreed"
    assert told["fingerprint"] == draft.fingerprint
    assert told["campaign_code"] == draft.code


def test_html_runs_and_loads_nothing(draft: Draft) -> None:
    page = Page(render_html(draft, Brand(name="<script>alert(1)</script>"), YES))
    assert "script" not in page.tags
    assert page.loads == []
    assert page.lang == "en"
    assert "<b>" not in render_html(draft, MAISON, YES)


@pytest.mark.parametrize("write", [render_markdown, render_html, render_json])
def test_export_names_approvers_and_fingerprint(draft: Draft, write: type[str]) -> None:
    text = write(draft, MAISON, YES)  # type: ignore[call-overload]
    for told in (draft.code, draft.fingerprint, "Bo", "agreed"):
        assert told in text
    assert "not approved" not in text


@pytest.mark.parametrize(("write", "says"), [(render_markdown, "> **"), (render_html, 'banner">')])
def test_export_without_approval_is_marked_as_draft(
    draft: Draft, write: type[str], says: str
) -> None:
    assert f"{says}Draft, not approved" in write(draft, MAISON, ())  # type: ignore[call-overload]
    french = write(draft, MAISON, (), "fr")  # type: ignore[call-overload]
    assert f"{says}Proposition, non validée" in french
    assert json.loads(render_json(draft, MAISON))["approved"] is False


def test_file_says_where_the_button_leads(sqlite: Database) -> None:
    with sqlite.begin() as session:
        button = Part(kind="copy", key="call_to_action", title="Button", body=Copy(text="See it"))
        draft = drafted(session, parts=(button,))
    target = f"https://maison.example?utm_campaign={draft.code}"
    assert target in render_markdown(draft, MAISON, YES)
    assert target in render_html(draft, MAISON, YES)
    assert json.loads(render_json(draft, MAISON, YES))["leads_to"] == target
    assert json.loads(render_json(draft, Brand(name="Maison"), YES))["leads_to"] is None


def test_button_of_a_market_leads_to_its_site_or_to_the_page_asked_for_last(
    sqlite: Database,
) -> None:
    site, page = "https://maison.example/uk", "maison.example/uk/robes"
    brand = MAISON.model_copy(update={"markets": {"GB": Market(language="en", site=site)}})
    with sqlite.begin() as session:
        button = Part(kind="copy", key="call_to_action", title="Button", body=Copy(text="See it"))
        draft = drafted(session, parts=(button,))
        brief = draft.brief.model_copy(update={"market": "GB"})
        asked = draft.skill_request.model_copy(update={"brief": brief})
        draft.request = asked.model_dump_json()
        tag = f"?utm_campaign={draft.code}"
        assert find_draft_target(draft, brand) == f"{site}{tag}"
        asked = asked.model_copy(update={"reason": f"lead to {page}"}).keep_reason()
        draft.request = asked.model_dump_json()
        assert find_draft_target(draft, brand) == f"https://{page}{tag}"


def test_text_on_a_range_leads_to_its_page_or_says_that_none_is_known(sqlite: Database) -> None:
    page, uk = "https://maison.example/mailles", "https://maison.example/uk/knitwear"
    markets = {
        "GB": Market(language="en", site="https://maison.example/uk", pages={"Mailles": uk}),
        "IE": Market(language="en", site="https://maison.example/ie"),
    }
    brand = MAISON.model_copy(update={"pages": {"mailles": page}, "markets": markets})
    with sqlite.begin() as session:
        button = Part(kind="copy", key="call_to_action", title="Button", body=Copy(text="See it"))
        draft = drafted(session, parts=(button,))
        for category, market, known in (
            ("Mailles", None, page),
            ("Mailles", "GB", uk),
            ("Mailles", "IE", None),
            ("Bain", None, None),
        ):
            brief = draft.brief.model_copy(update={"category": category, "market": market})
            changed = {"brief": brief.model_copy(update={"product": None})}
            draft.request = draft.skill_request.model_copy(update=changed).model_dump_json()
            link = find_draft_target(draft, brand)
            assert link == f"{known or brand.find_site(market)}?utm_campaign={draft.code}"
            told = describe_draft_target(draft, brand)
            assert told is not None
            assert ("the home page. No page of this range" in told.to("en")) is (known is None)


def test_several_products_of_a_range_lead_to_its_page_and_a_basket_left_to_the_basket() -> None:
    range_page, basket = "https://maison.example/mailles", "https://maison.example/panier"
    brand = MAISON.model_copy(update={"pages": {"Mailles": range_page, "basket": basket}})

    def page(*types: str, **told: Any) -> str | None:
        values = {"words": "a text", "author": "ana", "language": "en", "product": "p0"} | told
        brief = Brief.model_validate(values | {"others": [f"p{n}" for n in range(1, len(types))]})
        known = tuple(
            Fact(
                id=f"product.p{n}.{label}",
                label=label,
                value=value,
                source="products.csv",
                as_of=date.min,
            )
            for n, one in enumerate(types)
            for label, value in (("type", one), ("link", f"https://maison.example/p{n}"))
        )
        facts = Evidence(facts=known)
        found = find_page(brief, facts, brand)
        return find_target(brief, (), facts, load_channels()["meta_ad"], MAISON.site, found)

    assert page("Mailles", "Mailles") == range_page
    assert page("Mailles", "Bain") == page("Mailles") == "https://maison.example/p0"
    assert page("Mailles", goal="basket left") == page(product=None, goal="basket left") == basket


def test_pages_and_service_of_a_brand_are_facts() -> None:
    page, returns = "https://maison.example/panier", "Returns are free for 30 days."
    brand = MAISON.model_copy(update={"pages": {"basket": page}, "service": (returns,)})
    assert {page, returns} <= {str(fact.value) for fact in list_brand_facts(brand)}
    assert f"page of basket: {page}" in brand.as_prompt()


@pytest.mark.parametrize("channel", ["google_ad", "meta_ad"])
def test_an_ad_on_a_range_without_a_page_leads_to_the_home_page(
    sqlite: Database, channel: str
) -> None:
    with sqlite.begin() as session:
        headline = Part(kind="copy", key="headline", title="Text", body=Copy(text="Linen"))
        draft = drafted(session, parts=(headline,), channel=channel)
        brief = draft.brief.model_copy(update={"category": "Bain", "product": None})
        changed = draft.skill_request.model_copy(update={"brief": brief})
        draft.request = changed.model_dump_json()
        told = describe_draft_target(draft, MAISON)
        assert told is not None
        assert f"{MAISON.site}?utm_campaign={draft.code}, the home page" in told.to("en")
