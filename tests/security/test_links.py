"""Every link is found, its registrable domain is known, it is shown inactive, and it blocks
approval.

The generator combines prefixes of hosts with spellings of hosts; each result is put into every
untrusted text that reaches a draft or a card.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bot.core.checks import Check
from bot.core.facts import Evidence, Source
from bot.core.parts import Copy, Hook, Part, Quote
from bot.slack.blocks import linked_text_elements
from bot.text.escape import escape_mrkdwn
from bot.text.links import find_links, find_registrable_domain, is_allowed_host, parse_host
from tests.slack.bench import MARIE, MARKETING, Bench, bench_of
from tests.support.shirt import FACTS, fact, proved

OURS = ("https://studiolin.example",)
WEB = (
    "https://",
    "http://",
    "HTTPS://",
    "hTtP://",
    "https:",
    "https:/",
    "https:\\\\",
    "http:///",
    "ftp://",
    "https://studiolin.example@",
    "https://studiolin.example:443@",
    "https://www.",
    "h\u200bttps://",
    "https\uff1a//",
    "https&#58;//",
    "https&colon;//",
    "//",
    "\\\\",
    "www.",
)
BARE = ("", "studiolin.example@")  # the second is an e-mail address
HOSTS = {
    "evil.com": "evil.com",
    "EviL.CoM": "evil.com",
    "a.b.evil.co.uk": "evil.co.uk",
    "evil.com.br": "evil.com.br",
    "evil.sh": "evil.sh",
    "evil.museum": "evil.museum",
    "studiolin.example.evil.com": "evil.com",
    "evil-studiolin.example": "evil-studiolin.example",
    "studiolin.example.": None,  # ours, with the full stop of the root
    "evil\u3002com": "evil.com",
    "evil\uff0ecom": "evil.com",
    "evil\uff61com": "evil.com",
    "\uff45\uff56\uff49\uff4c.com": "evil.com",
    "ev\u200bil.com": "evil.com",
    "ev\u00adil.com": "evil.com",
    "evil&#46;com": "evil.com",
    "evil&period;com": "evil.com",
    "xn--e1afmkfd.xn--p1ai": "xn--e1afmkfd.xn--p1ai",
    "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444": "xn--e1afmkfd.xn--p1ai",
    "studiol\u0456n.example": "xn--studioln-zhh.example",  # a Cyrillic letter
    "stud\u0131olin.example": "xn--studolin-wkb.example",  # an i without its dot
    "paypa\u0142.com": "xn--paypa-o7a.com",
}
NUMBERS = {
    "192.168.1.7": "192.168.1.7",
    "3232235783": "192.168.1.7",
    "0xc0a80107": "192.168.1.7",
    "0300.0250.1.7": "192.168.1.7",
    "192.168.263": "192.168.1.7",
    "[2001:db8::7]": "[2001:db8::7]",
}
TAILS = ("", "/a?b=c#d", ":8443/x")
OPAQUE = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:x()",
    "j a v a s c r i p t:alert(1)",
    "java\x00script:alert(1)",
    "jav&#x61;script:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "java\u200bscript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<b>x</b>",
    "data:text/html;base64,PGI+",
    "Data:,x",
    "tel:+33612345678",
    "TEL:0612345678",
    "sms:36111?body=OUI",
    "mailto:eve@evil.com",
    "intent://scan/#Intent;scheme=zxing;end",
    "intent:#Intent;end",
    "custom-app:open",
    "custom-app://open",
    "myapp://pay/1",
    "slack://open",
    "whatsapp://send?text=x",
    "ms-word:ofe|u|x",
    "facetime:eve",
    "view-source:evil",
    "blob:null/1",
    "file:///etc/passwd",
    "\uff4a\uff41\uff56\uff41script:alert(1)",
    "chrome://settings",
    "bitcoin:1abc?amount=1",
)
HELD = ("<{}|our shop>", "[our shop]({})", '<a href="{}">our shop</a>')  # Slack, Markdown, HTML


def spelled() -> Iterator[tuple[str, str | None]]:
    """A link in some spelling, and the domain that it leads to; None for our own."""
    for before, (host, domain) in product(WEB, HOSTS.items()):
        if before in ("//", "\\\\") and host.endswith("."):
            continue
        for tail in TAILS if before == "https://" else TAILS[:1]:
            yield f"{before}{host}{tail}", domain
    for host, domain in HOSTS.items():
        yield from ((f"{host}{tail}", domain) for tail in TAILS)
        if domain:
            yield f"eve@{host}", domain
            yield f"mailto:eve@{host}", domain
    for before, (host, domain) in product(("https://", "http:", "https:\\\\"), NUMBERS.items()):
        if not (host.startswith("[") and before == "http:"):
            yield f"{before}{host}/a", domain
    yield from (("192.168.1.7/login", "192.168.1.7"), ("192.168.1.7:8080", "192.168.1.7"))
    for one in OPAQUE:
        clean = re.sub(r"[\s\x00\u200b]", "", one).lower()
        scheme = re.split(r":|&", clean.replace("&#x61;", "a"))[0]
        known = re.sub("[\uff41-\uff5a]", lambda m: chr(ord(m[0]) - 0xFEE0), scheme)
        yield one, "evil.com" if known == "mailto" else f"{known}:"


FOUND = list(spelled())
FOREIGN = [(text, domain) for text, domain in FOUND if domain]


def test_generator_gives_many_links() -> None:
    assert len(FOUND) > 500


@pytest.mark.parametrize("frame", ["Go to {} now", "{}", "Voir ici ({}) !", *HELD])
def test_link_is_found_with_its_domain(frame: str) -> None:
    wrong = []
    for link, domain in FOUND:
        if frame in HELD and ('"' in link or "<" in link or "|" in link or ">" in link):
            continue
        found = find_links(frame.format(link))
        if (domain or "studiolin.example") not in [
            find_registrable_domain(one.host) for one in found
        ]:
            wrong.append((link, domain, found))
    assert wrong == []


@pytest.mark.parametrize("frame", ["Go to {} now", "{}", "Voir ici ({}) !", *HELD])
def test_link_is_shown_inactive(frame: str) -> None:
    for link, _ in FOREIGN:
        shown = re.sub(r"`[^`]*`", " ", escape_mrkdwn(frame.format(link), OURS))
        assert not opened_by_slack(shown), (link, shown)
        for element in linked_text_elements(frame.format(link), OURS):
            assert element["type"] == "text", element


def opened_by_slack(shown: str) -> bool:
    """Whether the text contains an active link outside code."""
    text = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return any(not is_allowed_host(one.host, OURS) for one in find_links(text)) or "<http" in shown


def of_links(checks: Iterable[Check]) -> list[Check]:
    return [one for one in checks if one.rule == "link"]


@pytest.mark.parametrize("carrier", ["copy", "hook", "quote", "description"])
def test_link_blocks_approval(carrier: str) -> None:
    for link, domain in FOREIGN[:: 3 if carrier == "copy" else 11]:
        text = f"Sur {link} ce soir"
        told = fact("product.linen-shirt.description", "description", text)
        quote = fact("feedback.quote.9", "quote", text)
        evidence = Evidence(facts=(*FACTS, told, quote))
        if carrier == "quote":
            body: Any = Quote(text=text, fact=quote.id)
            parts: tuple[Part, ...] = (Part(kind="quote", key="quote", title="Quote", body=body),)
        else:
            parts = (Part(kind="copy", key="body", title="Body", body=Copy(text=text)),)
        hooks = (Hook(angle="x", text=text),) if carrier == "hook" else ()
        if carrier == "hook":
            parts = ()
        checks = of_links(proved(*parts, hooks=hooks, evidence=evidence))
        assert checks, (link, domain)
        assert {one.level for one in checks} == {"block"}, link
        assert not any(one.override for one in checks), link


def test_only_a_fact_that_is_a_link_allows_it() -> None:
    whole = fact("product.linen-shirt.link", "link", "https://partner.example/chemise")
    inside = fact("product.linen-shirt.text", "text", "Voir https://partner.example/chemise ici")
    part = (
        Part(
            kind="copy",
            key="body",
            title="Body",
            body=Copy(text="Sur https://partner.example/chemise"),
        ),
    )
    assert not of_links(proved(*part, evidence=Evidence(facts=(*FACTS, whole))))
    assert of_links(proved(*part, evidence=Evidence(facts=(*FACTS, inside))))


def test_file_name_of_a_source_is_no_link() -> None:
    read = FACTS[0].model_copy(update={"source": Source("README.md", line=3)})
    part = (Part(kind="copy", key="body", title="Body", body=Copy(text="D’après README.md.")),)
    assert not of_links(proved(*part, evidence=Evidence(facts=(*FACTS, read))))
    assert of_links(proved(*part))  # it is a site in Moldova otherwise


def test_public_suffix_allows_no_host() -> None:
    assert find_registrable_domain("co.uk") == ""
    assert not is_allowed_host("evil.co.uk", ["co.uk"])
    assert not is_allowed_host("evil.github.io", ["github.io"])
    assert is_allowed_host("shop.mine.github.io", ["https://mine.github.io"])
    assert parse_host("https://evil.example%40shop.example/") == "shop.example"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


SAMPLE = FOREIGN[:: max(1, len(FOREIGN) // 25)]


async def test_link_reaches_slack_only_as_text(bench: Bench) -> None:
    """In a brief, a draft, its hooks, an edit and a reason."""
    for link, _ in SAMPLE:
        text = f"Linen breathes, see {link} now"
        bench.parts = (
            Part(kind="copy", key="subject", title="Subject", body=Copy(text=text)),
            Part(kind="copy", key="body", title="Body", body=Copy(text=text)),
        )
        card = await bench.drafted(words=f"e-mail: linen is back {link}")
    await bench.press(MARIE, card, "edit")
    view = bench.form(MARIE)
    fields = {json.dumps(["subject", 0, "-"]): {"text": text}}
    assert (await bench.slack.submit(MARIE, view.id, fields)).ok
    await bench.press(MARIE, card, "send_back")
    await bench.slack.submit(MARIE, bench.form(MARIE).id, {"reason": {"reason": text}})
    await bench.run()
    await bench.slack.open_home(MARIE)
    await bench.settled()
    assert len(bench.said(MARKETING)) >= len(SAMPLE)
    wrong = [one for call in bench.slack.calls for one in open_links(call.args)]
    assert wrong == []


def open_links(value: Any) -> Iterator[Any]:
    """Link elements and mark-up in a call's arguments that lead to another domain."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        if value.get("type") == "link" and not is_allowed_host(
            parse_host(value["url"]), ["shop.example"]
        ):
            yield value
        if value.get("type") == "mrkdwn":
            text = re.sub(r"`[^`]*`", " ", str(value.get("text")))
            if any(find_registrable_domain(one.host) != "shop.example" for one in find_links(text)):
                yield value
        for inner in value.values():
            yield from open_links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from open_links(inner)


ORDINARY = """
Notre chemise en lin est de retour dès 49,90 €.
Livraison offerte dès 60 € d’achat, sous 48 h.
Rendez-vous ce soir à 18 h 30 en boutique.
Ouvert de 10.30 à 19.00, sauf le dimanche.
Bientôt.Le lin revient.
C'est fini.Il revient.
Profitez-en !La semaine est courte.
Prix : 35 € (au lieu de 50 €).
Tailles : S, M, L, XL. Coloris : écru, bleu.
Réf. 12.345.678, lot n.c.
M. Dupont et Mme. Martin vous attendent.
S.M. le Roi, S.A.R.L. et S.A.S.
P.S. : pensez à la taille au-dessus.
c.-à-d. en lin lavé, p. ex. la chemise.
J.-C. Martin signe la collection A.-H. 2026.
Le fichier shop.csv a 24 lignes.
D’après orders.xlsx et clients.parquet.
Vu dans export.tsv et export.jsonl.
1.299 clients ont acheté en 2025.
Le 24.11.2026, à 9.00.
Art. 4.2 du règlement, al. 3.
Version 2.0, puis 2.0.1.
Lavage à 30 °C, repassage doux.
-20 % sur le 2e article.
STOP au 36111.
STUDIO LIN: la chemise Ostuni est de retour. STOP au 36111
Sur mesure/prêt-à-porter : au choix.
Et/ou en ligne, 24 h/24 et 7 j/7.
Noir/blanc, lin//coton.
Questions ? Appelez le 01 42 00 00 00.
Tél. : 01 42 00 00 00.
Attention : série limitée.
Nouveau : la chemise à 49 €.
Note : 4,68/5 sur 213 avis.
Disponible en 36/38/40/42.
Lin 100 %, 180 g/m².
Env. 1,5 kg, 30 x 40 cm.
Hier… la pluie. Demain… le lin.
Le lin... la douceur... la vie.
Quoi de neuf ?Tout.
Our linen shirt is back, from £49.
Free delivery over £60, within 48 h.
Tonight at 6.30 p.m. in store.
Open 10.30 to 19.00, e.g. on Saturdays.
It is over.Now the new season starts.
Back soon.In the meantime, see the shirts.
Sold out.Like last year.
Sizes: S, M, L, XL. Colours: ecru, blue.
i.e. washed linen, a.k.a. soft linen.
The U.S. and the U.K. pay in $ and £.
Mr. Hill and Mrs. Fox, Ltd. and Inc. alike.
No. 5 of 12, p. 4, fig. 3.
The file shop.csv holds 24 rows.
From orders.xlsx, sheet 2.
Data: 5,000 orders since May.
About: what we make. File: none.
Note: the shirt is woven in Portugal.
Prices from 12.50 to 49.90.
Version 1.2.3.4 of the size guide.
Wash at 30 °C; do not tumble dry.
Ratio 3:1, score 2:0, at 10:30.
John 3:16, chapter 4:2.
Ready... set... go.
One shirt/two ways.
24/7, 365 days a year.
Call us on 020 7946 0000.
Questions? Reply to this message.
Buy one, get one -50%.
Cut & sewn in Portugal.
A&B, Q&A, R&D.
Size up (e.g. M to L) if unsure.
vs. last year, approx. 12%.
Jan. 3, Feb. 14, Dec. 24.
St. Pancras, Mt. Blanc.
Made w. care, incl. buttons.
10 a.m. to 5 p.m. daily.
Re: your order. Fwd: the shirt.
Step 1: measure. Step 2: choose.
Hello [CUSTOMER_1], your size is back.
Thanks, {{first_name}}!
Buttons: 6. Pockets: 0.
#linen #summer @studiolin
Loved by 213 people :-) ;-)
Price: £49. Was: £62.
Width: 40.5 cm. Weight: 1.2 kg.
Ph.D. not needed.
Etc., etc.
1st, 2nd, 3rd.
Aug.–Oct. 2026.
The 9.15 from Paris.
Tip: roll, don't fold.
Not.
"Soft." That is what they say.
Soft.” they say.
So.
Hi!Welcome back.
Linen, 2.5x softer.
Q1.26 vs. Q1.25.
n/a, tbd, ok.
A.B. Smith, C.D. Jones.
""".strip().splitlines()


def test_ordinary_sentences_contain_no_link() -> None:
    variants = [one for line in ORDINARY for one in (line, f"« {line} » – {line[:1].lower()}.")]
    assert len(variants) >= 200
    wrong = [(one, find_links(one)) for one in variants if find_links(one)]
    assert wrong == []
