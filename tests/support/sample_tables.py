"""The sample shop as canonical tables, created by plain SQL, for tests of analyses.

It does not use the importer: the `import` command is compared with these tables.
"""

import fcntl
import json
import os
import re
import tempfile
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb
import ibis

from bot.core.facts import Source
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of
from bot.playground import shop
from bot.playground.shop import Size, fill

TODAY = date(2026, 11, 25)
# Where the files are kept. Read when the tests are collected: a command that a test runs may set
# another folder for its temporary files.
DISK = Path("/tmp" if tempfile.gettempdir() == "/dev/shm" else tempfile.gettempdir())
MAKERS = sorted(Path(shop.__file__).parent.glob("*.py"))  # another code makes another shop
VERSION = sha256(b"".join(one.read_bytes() for one in MAKERS)).hexdigest()[:12]
THEMES = "themes.json"  # beside the sample shop's files
SLUG = "regexp_replace(lower(strip_accents(trim({0}))), '[^a-z0-9]+', '-', 'g')"

CAMPAIGNS = f"""
SELECT code AS id, date::TIMESTAMP AS at, code, canal AS channel, audience, langue AS language,
 objet AS subject, texte AS text, {SLUG.format('"références"')} AS product,
 "envoyés"::BIGINT AS sent, "délivrés"::BIGINT AS delivered, ouverts::BIGINT AS opened,
 clics::BIGINT AS clicks, "désinscriptions"::BIGINT AS unsubscribed, commandes::BIGINT AS orders,
 "chiffre d'affaires" AS sales, devise AS currency FROM read('campaigns.csv')
UNION ALL BY NAME
SELECT date::TIMESTAMP AS at, 'ads' AS channel, enseigne AS retailer, campagne AS name,
 {SLUG.format('"référence"')} AS product, article AS title, "mot-clé" AS keyword,
 emplacement AS placement, impressions::BIGINT AS impressions, clics::BIGINT AS clicks,
 "dépense" AS spend, commandes::BIGINT AS orders, "chiffre d'affaires" AS sales,
 devise AS currency, "budget du jour" AS budget, "budget épuisé à" AS spent_out
FROM read('ads.csv')"""

SELECTS = {
    "orders": f"""
SELECT commande AS "order", row_number() OVER (PARTITION BY commande ORDER BY n) AS line,
 date::TIMESTAMP AS at, client AS customer, {SLUG.format('"référence"')} AS product,
 article AS title, concat_ws(', ', taille, couleur) AS variant, "quantité" AS quantity,
 total AS amount, devise AS currency, appareil AS device, source, "code campagne" AS code,
 pays AS country, "département" AS region, "expédiée le" AS shipped, "promise le" AS promised,
 "livrée le" AS delivered, "retournée" = 'oui' AS returned, "motif du retour" AS reason,
 remise AS discount, paiement AS payment_method
FROM (SELECT *, row_number() OVER () AS n FROM read('orders.csv'))""",
    "events": f"""
SELECT session, client AS visitor, moment::TIMESTAMP AS at, "événement" AS step, page,
 {SLUG.format('"référence"')} AS product, appareil AS device, source, pays AS country,
 commande AS "order", montant AS amount FROM read('events.csv')""",
    "feedback": f"""
SELECT id, date::TIMESTAMP AS at, texte AS text, note AS rating, canal AS channel,
 langue AS language, client AS customer, commande AS "order",
 {SLUG.format('"référence"')} AS product, pays AS country, "département" AS region
FROM read('feedback.csv')""",
    "prices": f"""
SELECT {SLUG.format('"référence"')} AS product, "depuis le" AS since, prix AS price,
 devise AS currency FROM read('prices.csv')""",
    "campaigns": CAMPAIGNS,
    "experiments": """
SELECT test AS experiment, titre AS title, variante AS variant, "part prévue" AS share,
 visiteur AS unit, "exposé le" AS at, appareil AS device, pays AS country, 'purchase' AS metric,
 1 AS users, achat AS successes, montant AS value FROM read('experiments.csv')""",
    "consents": """
SELECT client AS customer, consent_ts AS at, "inscrit le" AS since, pays AS country,
 "département" AS region, langue AS language, "consentement e-mail" = 'oui' AS email,
 "consentement SMS" = 'oui' AS sms, consent_ad_user_data = 'oui' AS ads_user_data,
 consent_ad_personalization = 'oui' AS ads_personalization,
 opt_out IS NOT NULL AS opted_out, ville AS city FROM read('customers.csv')""",
}
SELECTS |= {
    "customers": """
SELECT client AS customer, "inscrit le" AS since, pays AS country, "département" AS region,
 langue AS language, ville AS city FROM read('customers.csv')""",
    "returns": f"""
SELECT commande || '-' || row_number() OVER (PARTITION BY commande ORDER BY n) AS id,
 commande AS "order", "livrée le"::TIMESTAMP AS at, client AS customer,
 {SLUG.format('"référence"')} AS product, article AS title, "quantité" AS quantity,
 total AS amount, devise AS currency, "motif du retour" AS reason
FROM (SELECT *, row_number() OVER () AS n FROM read('orders.csv')) WHERE "retournée" = 'oui'""",
    "traffic": """
SELECT moment::DATE AS day, source AS channel, appareil AS device,
 count(DISTINCT session) AS sessions, count(*) AS views
FROM read('events.csv') GROUP BY ALL""",
}
PRODUCTS = f"""
SELECT {SLUG.format('"référence"')} AS product, nom AS title, "catégorie" AS category,
 prix::DECIMAL(18,2) AS price, "prix barré"::DECIMAL(18,2) AS compare_at,
 "prix le plus bas sur 30 jours"::DECIMAL(18,2) AS lowest_30_days, devise AS currency,
 stock::BIGINT AS stock, statut AS status, CAST(NULL AS VARCHAR) AS brand,
 replace(couleurs, ', ', '|') AS colours, replace(tailles, ', ', '|') AS sizes
FROM read('products.csv')"""


def shelf(folder: Path, today: date = TODAY) -> Warehouse:
    """The tables of the shop in `folder`."""
    engine = ibis.duckdb.connect(threads=1)  # each core runs tests already
    listed = {}
    for kind, select in SELECTS.items():
        _make(engine.con, kind, select, folder)
        dated = load_kinds()[kind].dated
        counted = f'SELECT count(*), max("{dated}")::DATE FROM {kind}'
        rows, last = engine.con.execute(counted).fetchone()
        listed[kind] = ListedTable(kind, (), rows, Source(f"{kind}.csv"), last)
    engine.con.execute("CREATE TABLE products AS " + _read(PRODUCTS, folder))
    return Warehouse(engine, today, listed, products=engine.table("products"))


@cache
def sample(size: Size = "middle", seed: int = 7) -> Warehouse:
    """The sample shop, created once per process. Don't change it."""
    return shelf(made(size, seed))


@cache
def made(size: Size = "middle", seed: int = 7) -> Path:
    """The sample shop's files, created once per machine for this version of the code. They
    stay after the tests, so they are kept on a disk."""
    folder = DISK / f"super-intern-sample-shop-{os.getuid()}-{size}-{seed}-{VERSION}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process creates them, the others wait
        if not (folder / "done").exists():
            filled = fill(folder, size=size, seed=seed, today=TODAY)
            (folder / THEMES).write_text(json.dumps(filled.truth.themes))
            (folder / "done").touch()
    return folder


def planted_themes(size: Size = "middle", seed: int = 7) -> dict[str, tuple[str, ...]]:
    """The themes of each feedback text of the sample shop, by its id."""
    stored = json.loads((made(size, seed) / THEMES).read_text())
    return {text: tuple(themes) for text, themes in stored.items()}


def _make(con: duckdb.DuckDBPyConnection, kind: str, select: str, folder: Path) -> None:
    """A table with all our columns, in our order and types."""
    sql = _read(select, folder)
    has = {row[0] for row in con.execute(f"DESCRIBE {sql}").fetchall()}
    types = {name: _sql_type(type_) for name, type_ in schema_of(kind).items()}
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"'
        if name in has
        else f'CAST(NULL AS {type_}) AS "{name}"'
        for name, type_ in types.items()
    )
    con.execute(f"CREATE TABLE {kind} AS SELECT {columns} FROM ({sql})")


def _read(sql: str, folder: Path) -> str:
    return re.sub(
        r"read\('([a-z]+\.csv)'\)",
        lambda m: f"read_csv('{folder / m[1]}', header=true, max_line_size=10000000)",
        sql,
    )


def _sql_type(type_: str) -> str:
    return {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}.get(type_, type_.upper())
