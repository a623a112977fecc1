"""Tests of the generated sample shop and the patterns planted in its data."""

import csv
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from hashlib import sha256
from math import erfc, sqrt
from pathlib import Path

import pytest

from bot.config.toml import check_toml_files, load_brand, load_policy
from bot.core.channels import count_sms_segments, load_channels, measure_text
from bot.data.catalogue.reader import read_catalogue
from bot.i18n.typography import is_gsm7
from bot.playground.shop import Shop, fill
from bot.playground.shop.generation import (
    SHOP_FOLDER,
    RandomStream,
    find_black_friday,
    find_summer_sales,
    find_winter_sales,
    read_planted,
    read_toml,
)
from bot.text.normalize import normalize_text

FILES = (*(f"{name}.csv" for name in read_toml("columns")), "brand.toml", "policy.toml")
TODAY = date(2026, 11, 25)
SPOKEN = {  # how a theme is recognised, on folded text
    "sizing": r"tailles? (tres |vraiment )?petit|trop (petit|serre|juste|etroit)|taille au-dessus"
    r"|taille de plus|prenez au-dessus|serree? comme|\bruns? small|too small|too tight|size up",
    "late": r"retard|toujours rien recu|toujours pas de nouvelles|introuvable|trop tard|\blate\b"
    r"|still not here|not arrived",
    "linen": r"\blin\b|\blinen\b",
}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The default size."""
    return fill(tmp_path_factory.mktemp("shop"), today=TODAY)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return fill(tmp_path_factory.mktemp("small"), size="small", today=TODAY)


def read_rows(shop: Shop, name: str) -> Rows:
    with (shop.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def read(shop: Shop) -> Callable[[str], Rows]:
    """A file's rows, by its name."""
    return cache(partial(read_rows, shop))


def since(shop: Shop, days: int) -> str:
    return (shop.until - timedelta(days=days - 1)).isoformat()


def share(rows: Iterable[bool]) -> float:
    found = list(rows)
    return sum(found) / len(found)


def digests(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.mark.slow
def test_shop_has_requested_size(shop: Shop, small: Shop) -> None:
    names = ("products", "customers", "feedback", "campaigns")
    assert [len(read_rows(shop, name)) for name in names] == [60, 5000, 1500, 40]
    assert [len(read_rows(small, name)) for name in names] == [60, 1200, 400, 40]
    lines = read_rows(shop, "orders")
    assert 12_000 < len({line["commande"] for line in lines}) < len(lines) < 30_000
    assert 200_000 < len(read_rows(shop, "events")) < 400_000
    assert (shop.first, shop.until) == (date(2025, 5, 25), date(2026, 11, 24))
    assert sorted(p.name for p in shop.folder.iterdir()) == sorted(FILES)


@pytest.mark.slow
def test_files_are_identical_in_another_process(small: Shop, tmp_path: Path) -> None:
    code = (
        "import datetime, pathlib, sys; from bot.playground.shop import fill; "
        "fill(pathlib.Path(sys.argv[1]), size='small', today=datetime.date(2026, 11, 25))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "17", "LC_ALL": "C", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert digests(tmp_path) == digests(small.folder)


def test_random_stream_gives_pinned_values() -> None:
    rng = RandomStream(7, "golden")
    assert [rng.randbelow(1000) for _ in range(6)] == [94, 391, 561, 730, 726, 458]
    assert rng.shuffled("abcdef") == list("acbdef")


@pytest.mark.slow
def test_data_differ_by_seed_and_end_on_given_day(small: Shop, tmp_path: Path) -> None:
    other = fill(tmp_path, size="small", seed=8, today=TODAY, until=date(2028, 2, 29))
    mine, theirs = digests(small.folder), digests(tmp_path)
    assert {name for name in FILES if mine[name] == theirs[name]} == {"brand.toml", "policy.toml"}
    with (tmp_path / "orders.csv").open(encoding="utf-8") as file:
        days = [row["date"][:10] for row in csv.DictReader(file)]
    assert other.first == date(2026, 8, 30)
    assert min(days) >= "2026-08-30"
    assert max(days) == "2028-02-29"


def test_retail_dates_are_correct() -> None:
    assert find_winter_sales(2026) == (date(2026, 1, 7), date(2026, 2, 3))
    assert find_winter_sales(2027)[0] == date(2027, 1, 6)
    assert find_summer_sales(2026) == (date(2026, 6, 24), date(2026, 7, 21))
    assert find_summer_sales(2027)[0] == date(2027, 6, 23)
    assert [find_black_friday(year).day for year in (2025, 2026, 2027)] == [28, 27, 26]


def test_catalogue_is_imported_without_warnings(shop: Shop) -> None:
    found = read_catalogue(shop.folder / "products.csv")
    assert (len(found.products), found.rejects, found.remarks) == (60, (), ())
    for product in found.products:
        assert product.price
        assert product.currency == "EUR"
        assert product.description
        assert len(product.description) > 150
        assert product.type
        assert all((product.sizes, product.colours, product.materials))
        assert product.link
        assert product.link.startswith("https://maison-ormelin.example/")
        assert product.stock is not None
        assert product.lowest_30_days
    assert len({product.description for product in found.products}) == 60


def test_brand_and_policy_load(shop: Shop) -> None:
    check_toml_files(shop.folder)
    brand, policy = load_brand(shop.folder, "T0SHOP"), load_policy(shop.folder, "T0SHOP")
    assert (brand.name, brand.sender, brand.address) == ("Maison Ormelin", "Ormelin", "vous")
    assert {sample.language for sample in brand.samples} == {"fr", "en"}
    assert policy.may_approve("UMAX", author="UMARIE")
    assert policy.may_approve("ULEA", author="UMARIE")
    assert not policy.may_approve("UOTTO", author="UMARIE")
    assert policy.delivery.channels == ("C0LAUNCH",)
    assert policy.library.theme_labels == "off", "a key to try the demo pays for the sample's texts"


def test_planted_md_describes_every_section() -> None:
    told = (SHOP_FOLDER / "PLANTED.md").read_text(encoding="utf-8")
    assert [name for name in read_toml("planted") if f"`{name}`" not in told] == []


def test_addresses_and_phone_numbers_are_fictitious(small: Shop) -> None:
    for name in FILES:
        text = (small.folder / name).read_text(encoding="utf-8")
        if name in ("events.csv", "experiments.csv"):
            assert "@" not in text
            continue
        assert all(found.endswith(".example") for found in re.findall(r"\S+@[\w.-]+\w", text))
        phones = re.findall(r"(?<![\d.,-])0[1-9](?:[ .]?\d\d){4}(?!\d)", text)
        assert all(phone.startswith("06 39 98 ") for phone in phones)
        sites = re.findall(r"https?://([^/\s\"]+)", text)
        assert set(sites) <= {"maison-ormelin.example"}
    places = read_toml("places")
    invented = {*places["surnames"], *places["surnames_en"]}
    with (small.folder / "customers.csv").open(encoding="utf-8") as file:
        assert {row["nom"] for row in csv.DictReader(file)} <= invented


def test_phone_checkout_rate_falls_as_planted(shop: Shop, read: Callable[[str], Rows]) -> None:
    fall = read_planted("mobile_checkout")
    start = since(shop, fall["days"])
    reached: dict[tuple[str, bool, str], set[str]] = defaultdict(set)
    for row in read("events"):
        late = row["moment"] >= start
        reached[row["appareil"], late, row["événement"]].add(row["session"])

    def rate(device: str, late: bool, first: str, then: str) -> float:
        return len(reached[device, late, then]) / len(reached[device, late, first])

    assert rate("mobile", False, "checkout", "purchase") == pytest.approx(fall["before"], abs=0.02)
    assert rate("mobile", True, "checkout", "purchase") == pytest.approx(fall["after"], abs=0.04)
    for device, (carted, checked, paid) in read_planted("steps").items():
        assert rate(device, False, "view", "cart") == pytest.approx(carted, abs=0.01)
        assert rate(device, False, "cart", "checkout") == pytest.approx(checked, abs=0.03)
        assert rate(device, False, "checkout", "purchase") == pytest.approx(paid, abs=0.03)
    assert rate("desktop", True, "checkout", "purchase") == pytest.approx(0.70, abs=0.06)
    assert rate("mobile", True, "view", "cart") == pytest.approx(0.09, abs=0.01)


def test_purchase_events_match_orders(shop: Shop, read: Callable[[str], Rows]) -> None:
    worth: dict[str, Decimal] = defaultdict(Decimal)
    start = since(shop, read_planted("span")["event_days"])
    for row in read("orders"):
        if row["date"] >= start:
            worth[row["commande"]] += Decimal(row["total"])
    sold = {r["commande"]: Decimal(r["montant"]) for r in read("events") if r["commande"]}
    assert sold == worth
    assert shop.truth.lost_orders == pytest.approx(221 * (0.58 / 0.38 - 1), rel=0.15)


def test_parcels_to_south_west_are_late_as_planted(shop: Shop, read: Callable[[str], Rows]) -> None:
    plan, last = read_planted("late_parcels"), shop.until.isoformat()
    start = since(shop, plan["days"])
    shares: dict[bool, list[bool]] = defaultdict(list)
    for row in {row["commande"]: row for row in read("orders")}.values():
        if row["promise le"] < last:
            there = row["département"] in plan["departments"] and row["date"] >= start
            shares[there].append((row["livrée le"] or last) > row["promise le"])
    assert len(shares[True]) > 200
    assert share(shares[True]) == pytest.approx(plan["late"], abs=0.03)
    assert share(shares[False]) == pytest.approx(plan["otherwise"], abs=0.01)


def test_feedback_texts_match_their_themes(shop: Shop, read: Callable[[str], Rows]) -> None:
    for theme, pattern in SPOKEN.items():
        for row in read("feedback"):
            meant = theme in shop.truth.themes[row["id"]]
            assert bool(re.search(pattern, normalize_text(row["texte"]))) == meant, (
                theme,
                row["texte"],
            )


def test_sizing_feedback_and_returns_match_planted_shares(
    shop: Shop, read: Callable[[str], Rows]
) -> None:
    plan = read_planted("sizing")
    speaks = [(r["référence"], "sizing" in shop.truth.themes[r["id"]]) for r in read("feedback")]
    back = [(r["référence"], r["retournée"] == "oui") for r in read("orders")]
    for ref in plan["products"]:
        assert share(said for one, said in speaks if one == ref) == pytest.approx(0.38, abs=0.03)
    small = set(plan["products"])
    assert share(r for one, r in back if one in small) == pytest.approx(plan["returned"], abs=0.03)
    others = share(r for one, r in back if one not in small)
    assert others == pytest.approx(plan["returned_otherwise"], abs=0.01)


def test_linen_praise_and_late_parcels_match_planted_share(
    shop: Shop, read: Callable[[str], Rows]
) -> None:
    linen = {r["référence"] for r in read("products") if re.search(r"\blin\b", r["matière"])}
    themes = shop.truth.themes
    praise = [(r["référence"] in linen, "linen" in themes[r["id"]]) for r in read("feedback")]
    assert share(said for about, said in praise if about) == pytest.approx(0.44, abs=0.02)
    assert not any(said for about, said in praise if not about)

    plan = read_planted("late_parcels")
    ordered = {r["commande"]: r["date"] for r in read("orders")}
    told: dict[bool, list[bool]] = defaultdict(list)
    for row in read("feedback"):
        there = row["département"] in plan["departments"]
        recent = ordered.get(row["commande"], "") >= since(shop, plan["days"])
        told[there and recent].append("late" in themes[row["id"]])
    assert share(told[True]) == pytest.approx(plan["told"], abs=0.03)
    assert share(told[False]) == pytest.approx(plan["told_otherwise"], abs=0.01)


def test_feedback_texts_are_varied(read: Callable[[str], Rows]) -> None:
    rows = read("feedback")
    texts = [row["texte"] for row in rows]
    assert len(set(texts)) > 0.98 * len(texts)
    assert not re.search(r"[{}<>|]|  ", "".join(texts))
    assert share(row["langue"] == "fr" for row in rows) == pytest.approx(0.87, abs=0.05)
    rated = [row for row in rows if row["canal"] == "avis"]
    assert all(row["note"] in "12345" for row in rated)
    assert not any(row["note"] for row in rows if row["canal"] != "avis")
    assert len(rated) == pytest.approx(0.72 * len(rows), rel=0.05)


def test_ads_continue_for_sold_out_product(shop: Shop, read: Callable[[str], Rows]) -> None:
    out = read_planted("sold_out")
    start = since(shop, out["days"])
    stock = {r["référence"]: r["stock"] for r in read("products")}
    assert [ref for ref, pieces in stock.items() if pieces == "0"] == [out["quiet"], out["product"]]
    ads = [r for r in read("ads") if r["référence"] == out["product"] and r["date"] >= start]
    assert len({r["date"] for r in ads}) == out["days"]
    assert sum(Decimal(r["dépense"]) for r in ads) > 200
    assert not any(int(r["commandes"]) for r in ads)
    assert not any(r["référence"] == out["product"] for r in read("orders") if r["date"] >= start)
    assert not any(r["référence"] == out["quiet"] for r in read("ads"))


def test_planted_ad_bottlenecks_are_in_data(read: Callable[[str], Rows]) -> None:
    plan = read_planted("ads")
    by_word: dict[str, Rows] = defaultdict(list)
    for row in read("ads"):
        by_word[row["mot-clé"]].append(row)

    def total(name: str, column: str) -> float:
        return sum(float(row[column]) for row in by_word[name])

    assert total(plan["unseen"], "impressions") < 40 * 91
    assert total(plan["unclicked"], "clics") < total(plan["unclicked"], "impressions") / 1000
    assert total(plan["unbought"], "clics") > 500
    assert total(plan["unbought"], "commandes") == 0
    assert all(row["budget épuisé à"] < "12:00" for row in by_word[plan["early"]])
    assert all(row["budget épuisé à"] for row in by_word[plan["early"]])
    spent = [word for word in by_word if total(word, "dépense") > 100]  # a few euros prove nothing
    returns = {w: total(w, "chiffre d'affaires") / total(w, "dépense") for w in spent}
    assert max(returns, key=lambda word: returns[word]) == plan["best"]
    assert returns[plan["best"]] > 6


def test_planted_price_was_raised_before_reduction(shop: Shop, read: Callable[[str], Rows]) -> None:
    trap, honest = read_planted("price_trap"), read_planted("reductions")
    products = {r["référence"]: r for r in read("products")}
    cut = shop.until - timedelta(days=trap["reduced_days"] - 1)
    for ref in (trap["product"], *honest["products"]):
        row = products[ref]
        history = [
            (r["depuis le"], Decimal(r["prix"])) for r in read("prices") if r["référence"] == ref
        ]
        assert history[-1][1] == Decimal(row["prix"])
        day = cut if ref == trap["product"] else shop.until - timedelta(days=honest["days"] - 1)
        before = [day - timedelta(days=n) for n in range(1, 31)]
        lowest = min(max(h for h in history if h[0] <= d.isoformat())[1] for d in before)
        assert lowest == Decimal(row["prix le plus bas sur 30 jours"])
        struck = Decimal(row["prix barré"])
        assert struck > lowest if ref == trap["product"] else struck == lowest


def test_experiments_have_one_winner_and_one_sample_ratio_mismatch(
    read: Callable[[str], Rows],
) -> None:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in read("experiments"):
        found = counts[row["test"], row["variante"]]
        found[0] += 1
        found[1] += int(row["achat"])
    (n, a), (m, b) = counts["photos-portees", "A"], counts["photos-portees", "B"]
    assert chance(n, m) > 0.05
    pooled = (a + b) / (n + m)
    z = (b / m - a / n) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    assert z == pytest.approx(4.34, abs=0.1)
    broken = [counts["panier-court", variant][0] for variant in "AB"]
    assert chance(*broken) < 1e-8


def chance(a: int, b: int) -> float:
    """The p-value of halves: chi squared with one degree of freedom."""
    return erfc(sqrt((a - b) ** 2 / (a + b) / 2))


def test_niche_customers_buy_same_products(read: Callable[[str], Rows]) -> None:
    plan = read_planted("niche")
    bought: dict[str, set[str]] = defaultdict(set)
    for row in read("orders"):
        bought[row["client"]].add(row["référence"])

    def lift(one: str, other: str) -> float:
        n = len(bought)
        both = sum({one, other} <= has for has in bought.values())
        return (
            both
            * n
            / sum(one in h for h in bought.values())
            / sum(other in h for h in bought.values())
        )

    assert lift(*plan["pair"]) > plan["lift"]
    assert lift("LIN-ALBA", "VAI-TASSES") < 2.5


def test_customer_segments_buy_as_planted(shop: Shop, read: Callable[[str], Rows]) -> None:
    days: dict[str, set[str]] = defaultdict(set)
    for row in read("orders"):
        days[row["client"]].add(row["date"][:10])
    lives: dict[str, list[str]] = defaultdict(list)
    for client, life in shop.truth.lives.items():
        lives[life].append(client)
    assert all(len(days[client]) == 1 for client in lives["once"])
    quiet = since(shop, read_planted("lives")["lapsed"]["stops"][0])
    assert all(max(days[client]) < quiet for client in lives["lapsed"])
    assert sum(len(days[client]) for client in lives["loyal"]) > 5 * len(lives["loyal"])


def test_sales_have_seasons_and_rising_category(shop: Shop, read: Callable[[str], Rows]) -> None:
    category = {r["référence"]: r["catégorie"] for r in read("products")}
    lines: dict[tuple[str, str], int] = defaultdict(int)
    for row in read("orders"):
        lines[category[row["référence"]], row["date"][:7]] += 1
    assert lines["Vêtements en lin", "2026-07"] > 1.8 * lines["Vêtements en lin", "2026-01"]
    assert lines["Mailles", "2025-12"] > 3 * lines["Mailles", "2026-06"]
    candles = [
        r["date"][:10] for r in read("orders") if category[r["référence"]].startswith("Bougies")
    ]

    def weeks(end: date) -> int:
        start = end - timedelta(days=read_planted("rising")["days"] - 1)
        return sum(start.isoformat() <= day <= end.isoformat() for day in candles)

    assert weeks(shop.until) > 1.4 * weeks(shop.until - timedelta(days=364))


def test_sent_campaigns_comply_with_policy(shop: Shop, read: Callable[[str], Rows]) -> None:
    brand, forms = load_brand(shop.folder, "T0SHOP"), load_channels()
    parts = {
        "subject": "objet",
        "preheader": "pré-en-tête",
        "body": "texte",
        "call_to_action": "appel à l'action",
    }
    for row in read("campaigns"):
        assert date.fromisoformat(row["date"][:10]).weekday() != 6
        assert "08:00" <= row["date"][11:16] <= "20:00"
        whole = normalize_text(" ".join(row[column] for column in parts.values()))
        assert not [
            word for word in brand.avoid if re.search(rf"\b{normalize_text(word)}\b", whole)
        ]
        if row["canal"] == "sms":
            assert is_gsm7(row["texte"])
            assert count_sms_segments(row["texte"]) == 1, row["texte"]
            assert row["texte"].startswith("Ormelin")
            assert row["texte"].endswith("STOP 36179")
        else:
            for part, column in parts.items():
                limit = forms["email"].parts[part]
                assert 0 < measure_text(row[column], limit) <= limit.most, (row["code"], column)


def test_orders_are_attributed_to_campaigns(read: Callable[[str], Rows]) -> None:
    worth: dict[str, Decimal] = defaultdict(Decimal)
    came: dict[str, set[str]] = defaultdict(set)
    for row in read("orders"):
        if row["code campagne"]:
            worth[row["code campagne"]] += Decimal(row["total"])
            came[row["code campagne"]].add(row["commande"])
    rows = read("campaigns")
    for row in rows:
        assert int(row["commandes"]) == len(came[row["code"]])
        assert Decimal(row["chiffre d'affaires"]) == worth[row["code"]]
        assert int(row["délivrés"]) >= int(row["ouverts"] or row["clics"]) >= int(row["clics"])
    concrete = {c["slug"] for c in read_toml("campaigns")["campaigns"] if c.get("concrete")}
    opened: dict[bool, list[float]] = defaultdict(list)
    for row in rows:
        if row["canal"] == "email":
            named = row["code"].split("-", 2)[2] in concrete
            opened[named].append(int(row["ouverts"]) / int(row["délivrés"]))
    means = {named: sum(rates) / len(rates) for named, rates in opened.items()}
    assert means[True] - means[False] == pytest.approx(0.09, abs=0.03)
