"""Masking of people's full names inside texts."""

import csv
from pathlib import Path

import duckdb
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file
from bot.privacy import mask_personal_data
from bot.privacy.names import build_own_words
from tests.support.import_files import KEY, TODAY, file
from tests.support.sample_tables import made

OWN = build_own_words(
    ["Chemise Alba en lin", "Robe Solène", "Marinière Maud", "Plaid Nuée", "Camille Fournet"]
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Le livreur a parlé à Marie Lefèvre hier", "Le livreur a parlé à [NAME] hier"),
        (
            "Sent to my friend Emma Whitfield, who loved it",
            "Sent to my friend [NAME], who loved it",
        ),
        ("O pedido é da Luciana Ferreira Lima.", "O pedido é da [NAME]."),
        ("Se lo regalé a Carmen Ortega y le gustó", "Se lo regalé a [NAME] y le gustó"),
        ("Frau war begeistert: Sabine Krüger dankt", "Frau war begeistert: [NAME] dankt"),
        ("Remis à Jean-Pierre DUVAL", "Remis à [NAME]"),
        ("Signé par Hélène de la Tour au point relais", "Signé par [NAME] au point relais"),
        ("Bonjour Marie Lefèvre, merci", "Bonjour [NAME], merci"),
        ("Marie D. a pris le colis", "[NAME] a pris le colis"),
        ("Thanks to Oliver Marsh Great service", "Thanks to [NAME] Great service"),
        ("Chez Maud Carpentier, la robe Solène Longue", "Chez [NAME], la robe Solène Longue"),
    ],
)
def test_full_name_is_masked(said: str, kept: str) -> None:
    assert mask_personal_data(said, OWN) == kept


@pytest.mark.parametrize(
    "said",
    [
        "La Chemise Alba Blanche et la Robe Solène Verte",
        "J'ai pris la Maud Taille 38, et la Marinière Maud Longue",
        "Mai Maud et Plaid Nuée",
        "Mon sac Camille Fournet est superbe",  # a brand of the shop
        "Comme mon parfum Nina Ricci et mon manteau Paul Smith",
        "Merci Julie Très belle qualité",
        "Thanks Emma Great Service",
        "Elle habite rue Victor Berthier",
        "Claire Blue shirt, Laura Cotton trousers",
        "La collection Charlotte Rêve",
        "Livré à Paris Saint Lazare par la Poste",
    ],
)
def test_shop_words_are_not_masked(said: str) -> None:
    assert mask_personal_data(said, OWN) == said


def test_sample_shop_products_are_not_masked(tmp_path: Path) -> None:
    with (made("small") / "products.csv").open(encoding="utf-8-sig", newline="") as stored:
        products = list(csv.DictReader(stored))
    own = build_own_words([one["nom"] for one in products])
    for one in products:
        said = f"Bonjour, {one['nom']} est arrivé. {one['description']}"
        assert mask_personal_data(said, own) == said
        assert mask_personal_data(said) == said


def test_import_masks_names_but_not_product_words(tmp_path: Path) -> None:
    text = 'id,date,comment\n1,2026-01-01,"Emma Whitfield likes her Nora Ashby bag"\n'
    path = file(tmp_path, text, "reviews.csv")
    found, to = detect_schema(path, name=path.name), tmp_path / "o.parquet"
    for own, kept in (
        (frozenset[str](), "[NAME] likes her [NAME] bag"),
        (build_own_words(["Nora Ashby"]), "[NAME] likes her Nora Ashby bag"),
    ):
        load_file(path, found, to=to, key=KEY, today=TODAY, own=own)
        assert duckdb.sql(f"SELECT text FROM '{to}'").fetchall() == [(kept,)]


def test_text_keeps_its_row_after_catalogue_change(tmp_path: Path) -> None:
    path = file(tmp_path, 'date,comment\n2026-01-01,"A bag by hand: Nora Ashby"\n', "reviews.csv")
    found = detect_schema(path, name=path.name)
    ids = set()
    for n, own in enumerate((frozenset[str](), build_own_words(["Nora Ashby"]))):
        to = tmp_path / f"{n}.parquet"
        load_file(path, found, to=to, key=KEY, today=TODAY, own=own)
        ids |= set(duckdb.sql(f"SELECT id FROM '{to}'").fetchall())
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("I spoke with Rose Martin in the shop", "I spoke with [NAME] in the shop"),
        ("Colis remis à Florence Dubois hier", "Colis remis à [NAME] hier"),
        ("Violet Smith signed for it", "[NAME] signed for it"),
        ("Bought for my daughter Rose, in rose", "Bought for my daughter [NAME], in rose"),
        ("Offert à ma sœur Violette pour Noël", "Offert à ma sœur [NAME] pour Noël"),
        ("Your advisor Paris was kind", "Your advisor [NAME] was kind"),
        ("Florence du service client m'a aidée", "[NAME] du service client m'a aidée"),
        ("Violet helped me choose", "[NAME] helped me choose"),
        ("Jade m'a très bien conseillée", "[NAME] m'a très bien conseillée"),
        ("Bonjour Rose, où est mon colis ?", "Bonjour [NAME], où est mon colis ?"),
        ("Merci à Florence pour ses conseils", "Merci à [NAME] pour ses conseils"),
        ("Thank you, Daisy!", "Thank you, [NAME]!"),
        ("J'ai échangé avec Marie, qui sait tout", "J'ai échangé avec [NAME], qui sait tout"),
        ("A lady named Hope packed it", "A lady named [NAME] packed it"),
    ],
)
def test_name_that_is_also_colour_or_town_is_masked(said: str, kept: str) -> None:
    assert mask_personal_data(said, OWN) == kept


@pytest.mark.parametrize(
    "said",
    [
        "La robe Rose Poudré, et le foulard Violet Foncé",
        "Rose Gold watch, Olive Green parka, Ruby Red lips",
        "Livré à Paris en deux jours, retour à Florence",
        "La couleur Rose était très belle, la Violet moins",
        "Le Rose m'a plu, le Jade aussi",
        "Paris was lovely, and so is the Paris dress",
        "Jean Slim et Jean Droit taille 38",
        "Ma fille adore, mon fils aussi. Rose comme sur la photo",
        "Thanks Rose is my colour",
        "Réponse du service client en deux heures",
        "Daisy Dress, Heather Grey, Ivory White, Jade Green",
        "Hello Summer collection, hello Paris",
        "Merci à Paris Beauté",
        "Dommage. Rose trop pâle, Lavande parfaite, May be returned",
        "Will Call again. June Sale was good",
        "The Grace Kelly bag and the Florence Nightingale mug",
    ],
)
def test_colour_or_town_is_not_masked(said: str) -> None:
    assert mask_personal_data(said, OWN) == said
