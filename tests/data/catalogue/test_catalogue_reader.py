"""Reading catalogues: accepted rows become products, each rejected row has its line and reason."""

import csv
import io
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.data.catalogue.product import Product
from bot.data.catalogue.reader import Catalogue, read_catalogue
from bot.data.ingest.file_schema import inspect_format
from bot.data.ingest.rejects import list_catalogue_rejects, render_rejects
from bot.errors import CannotDo
from tests.support.paths import DATA

real_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")


def read(home: Path, text: str | bytes, *, currency: str | None = None, **given: str) -> Catalogue:
    path = home / "shop.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_catalogue(path, currency=currency, column_names=given or None)


def one(home: Path, text: str | bytes, **given: str) -> Product:
    catalogue = read(home, text, **given)
    assert catalogue.rejects == ()
    (product,) = catalogue.products
    return product


def list_rejects(home: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    return [(r.line, r.column, str(r.reason)) for r in read(home, text).rejects]


def titles(catalogue: Catalogue) -> list[str]:
    return [product.title for product in catalogue.products]


SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,"
    "Variant Compare At Price,Image Src,Status\n"
)


class TestShopify:
    def test_rows_of_a_handle_are_one_product(self, tmp_path: Path) -> None:
        product = one(
            tmp_path,
            SHOPIFY
            + 'shirt,Linen Shirt,"<p>Soft</p><p>Airy</p>",Maison,Shirts,"summer, new",true,Size,S,'
            "Color,Blue,shopify,3,49.00,59.00,http://i.example/1.jpg,active\n"
            "shirt,,,,,,,,M,,Blue,shopify,-1,49.00,59.00,http://i.example/2.jpg,\n"
            "shirt,,,,,,,,M,,White,shopify,4,55.00,,,\n"
            "shirt,,,,,,,,,,,,,,,http://i.example/3.jpg,\n",
        )
        assert product == Product(
            handle="shirt",
            title="Linen Shirt",
            description="Soft. Airy",
            type="Shirts",
            vendor="Maison",
            tags=("summer", "new"),
            price=Decimal("49.00"),
            price_to=Decimal("55.00"),
            compare_at=Decimal("59.00"),
            sizes=("S", "M"),
            colours=("Blue", "White"),
            materials=("linen",),
            stock=7,
            status="active",
            source="shop.csv, line 2",
            as_of=product.as_of,
        )

    @pytest.mark.parametrize(
        ("published", "status", "found"),
        [
            ("true", "active", "active"),
            ("true", "", "active"),
            ("false", "active", "unpublished"),
            ("false", "", "unpublished"),
            ("true", "draft", "draft"),
            ("false", "archived", "archived"),
        ],
    )
    def test_status_comes_from_published_and_status_columns(
        self, tmp_path: Path, published: str, status: str, found: str
    ) -> None:
        row = f"vase,Vase,,,,,{published},Title,Default Title,,,,1,9.99,,,{status}\n"
        product = one(tmp_path, SHOPIFY + row)
        assert product.status == found
        assert product.sizes == product.colours == ()

    def test_untracked_stock_is_none(self, tmp_path: Path) -> None:
        row = "vase,Vase,,,,,true,Title,Default Title,,,,1,9.99,,,active\n"
        assert one(tmp_path, SHOPIFY + row).stock is None

    def test_bad_variant_is_rejected_alone(self, tmp_path: Path) -> None:
        catalogue = read(
            tmp_path,
            SHOPIFY
            + "shirt,Shirt,,,,,true,Size,S,,,,,49.00,,,\n"
            + "shirt,,,,,,,,M,,,,,-49.00,,,\n"
            + "shirt,,,,,,,,L,,,,,51.00,,,\n",
        )
        (product,) = catalogue.products
        assert product.sizes == ("S", "L")
        assert product.price_to == 51
        (reject,) = catalogue.rejects
        assert (reject.line, reject.column) == (3, "Variant Price")

    def test_variants_of_rejected_product_are_rejected(self, tmp_path: Path) -> None:
        rejects = list_rejects(
            tmp_path,
            SHOPIFY
            + "shirt,Shirt,,,,,true,Size,S,,,,,free?,,,\n"
            + "shirt,,,,,,,,M,,,,,49.00,,,\n"
            + "shirt,,,,,,,,,,,,,,,http://i.example/1.jpg,\n",
        )
        assert rejects == [
            (2, "Variant Price", '"free?" is not a price'),
            (3, "Handle", "its product was left out (line 2)"),
        ]

    def test_newer_export_is_read(self, tmp_path: Path) -> None:
        product = one(
            tmp_path,
            "Title,URL handle,Description,Vendor,Status,SKU,Option1 name,Option1 value,Price,"
            "Compare-at price,Inventory quantity,Color (product.metafields.shopify.color-pattern)\n"
            "Linen Shirt,linen-shirt,<p>Soft</p>,Maison,Active,LS-1,Size,S,49.00,,5,blue; white\n",
        )
        assert (product.handle, product.status, product.price) == (
            "linen-shirt",
            "active",
            Decimal(49),
        )
        assert (product.sizes, product.colours, product.stock) == (("S",), ("blue", "white"), 5)

    def test_archived_shop_is_read_completely(self, tmp_path: Path) -> None:
        rows = "".join(f"p-{n},Product {n},,,,,true,,,,,,,{n}.00,,,\n" for n in range(1, 2001))
        assert len(read(tmp_path, SHOPIFY + rows).products) == 2000


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "name,price",
            "Title,Price",
            "NOM,PRIX",
            "produit,prix TTC",
            "Désignation,Prix de vente",
            "Product Name,Variant Price",
            "product_name,retail_price",
            " Libellé , Tarif ",
            "Nom du produit,Prix unitaire",
        ],
    )
    def test_column_names_have_synonyms(self, tmp_path: Path, header: str) -> None:
        product = one(tmp_path, f"{header}\nVase,12.50\n")
        assert (product.title, product.price) == ("Vase", Decimal("12.50"))

    def test_french_columns_are_read(self, tmp_path: Path) -> None:
        product = one(
            tmp_path,
            "Réf;Nom;Descriptif;Catégorie;Marque;Étiquettes;Prix TTC;Prix barré;Devise;Taille;"
            "Couleur;Matière;Lien;Stock;Actif\n"
            "CH-01;Chemise d'été;Légère et souple.;Chemises;Maison Lin;été, lin;49,90;59,90;EUR;"
            "S, M, L;bleu/blanc;55 % lin, 45 % coton;https://lin.example/ch-01;12;oui\n",
        )
        assert product.model_dump(exclude={"as_of"}) == {
            "handle": "ch-01",
            "title": "Chemise d'été",
            "description": "Légère et souple.",
            "type": "Chemises",
            "vendor": "Maison Lin",
            "tags": ("été", "lin"),
            "price": Decimal("49.90"),
            "price_to": None,
            "compare_at": Decimal("59.90"),
            "currency": "EUR",
            "sizes": ("S", "M", "L"),
            "colours": ("bleu", "blanc"),
            "materials": ("55 % lin", "45 % coton"),
            "link": "https://lin.example/ch-01",
            "stock": 12,
            "status": "active",
            "price_history": (),
            "lowest_30_days": None,
            "source": "shop.csv, line 2",
            "source_parts": {"file": "shop.csv", "line": 2},
        }

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_any_delimiter_is_detected(self, tmp_path: Path, delimiter: str) -> None:
        rows = [["name", "price", "colour"], ["Vase", "12.50", "blue"]]
        product = one(tmp_path, "\n".join(delimiter.join(row) for row in rows))
        assert (product.title, product.price, product.colours) == (
            "Vase",
            Decimal("12.50"),
            ("blue",),
        )

    def test_header_may_be_further_down(self, tmp_path: Path) -> None:
        text = "Our shop\nExport of 12/11\n\nname;price\nVase;12,50\n"
        assert str(one(tmp_path, text).source) == "shop.csv, line 5"

    def test_excel_separator_hint_is_skipped(self, tmp_path: Path) -> None:
        assert one(tmp_path, "sep=;\nname;price\nVase;12,50\n").price == Decimal("12.50")

    def test_unknown_columns_are_ignored(self, tmp_path: Path) -> None:
        text = "name,warehouse,price,cost,prix d'achat\nVase,A3,12.50,4.00,4.00\n"
        assert one(tmp_path, text).price == Decimal("12.50")

    def test_columns_can_be_given(self, tmp_path: Path) -> None:
        product = one(tmp_path, "was,wat\nVase,12.50\n", was="title", wat="price")
        assert (product.title, product.price) == ("Vase", Decimal("12.50"))

    @pytest.mark.parametrize(
        ("theirs", "ours", "said"),
        [("was", "titel", "There is no field titel"), ("wo", "title", "has no column wo")],
    )
    def test_given_column_must_exist(
        self, tmp_path: Path, theirs: str, ours: str, said: str
    ) -> None:
        with pytest.raises(CannotDo) as cannot:
            read(tmp_path, "was,price\nVase,12.50\n", **{theirs: ours})
        assert said in cannot.value.words.to("en")

    def test_columns_of_same_name_must_agree(self, tmp_path: Path) -> None:
        catalogue = read(tmp_path, "name,price,price\nVase,12,12\nPot,9,\nCup,5,6\n")
        assert titles(catalogue) == ["Vase", "Pot"]
        (reject,) = catalogue.rejects
        assert (reject.line, reject.column) == (4, "price")
        assert str(reject.reason) == 'two columns of this name disagree: "5 / 6"'
        assert "two columns are called" in str(catalogue.remarks[0].reason)

    def test_net_prices_are_ignored(self, tmp_path: Path) -> None:
        assert one(tmp_path, "name,prix HT,ref\nVase,10.00,v1\n").price is None

    def test_subcategories_become_tags(self, tmp_path: Path) -> None:
        text = "name,category,subcategory_1,subcategory_2\nVase,Home,Decor,Vases\n"
        product = one(tmp_path, text)
        assert (product.type, product.tags) == ("Home", ("Decor", "Vases"))


class TestPrices:
    def test_currency_is_read_from_cell_or_header(self, tmp_path: Path) -> None:
        assert one(tmp_path, "name,price,currency\nVase,12,GBP\n").currency == "GBP"
        assert one(tmp_path, "name,price\nVase,£12\n").currency == "GBP"
        assert one(tmp_path, "name,price_gbp\nVase,12\n").currency == "GBP"
        assert one(tmp_path, "nom;prix (€)\nVase;12,50\n").currency == "EUR"
        assert one(tmp_path, "name,price\nVase,12\n").currency is None

    def test_default_currency_applies_without_one_in_file(self, tmp_path: Path) -> None:
        text = "name,price\nVase,12\nPot,£9\nCup,\nMug,$5\n"
        currencies = [p.currency for p in read(tmp_path, text, currency="CAD").products]
        assert currencies == ["CAD", "GBP", None, "CAD"]

    def test_sale_price_keeps_full_price(self, tmp_path: Path) -> None:
        text = "name,regular price,sale price\nVase,20,15\nPot,9,\nCup,8,0\n"
        found = [(p.price, p.compare_at) for p in read(tmp_path, text).products]
        assert found == [(Decimal(15), Decimal(20)), (Decimal(9), None), (Decimal(8), None)]
        product = one(tmp_path, "nom;prix;prix promo\nVase;20;15\n")
        assert (product.price, product.compare_at) == (Decimal(15), Decimal(20))

    def test_former_price_not_above_price_is_dropped(self, tmp_path: Path) -> None:
        catalogue = read(
            tmp_path, "name,price,compare at price\nA,20,15\nB,20,20\nC,20,0\nD,20,soon\n"
        )
        assert [p.compare_at for p in catalogue.products] == [None] * 4
        assert [(r.line, str(r.reason)) for r in catalogue.remarks] == [
            (2, "below the price: left out"),
            (5, '"soon" is not a price: left out'),
        ]

    def test_price_may_be_missing(self, tmp_path: Path) -> None:
        text = "name,price,ref\nA,,1\nB,n/a,2\nC,NaN,3\nD,sur devis,4\nE,-,5\n"
        assert [p.price for p in read(tmp_path, text).products] == [None] * 5

    def test_zero_price_is_kept_with_remark(self, tmp_path: Path) -> None:
        catalogue = read(tmp_path, "name,price\nVase,0\n")
        assert catalogue.products[0].price == 0
        assert str(catalogue.remarks[0].reason) == "the price is 0"

    def test_price_may_be_a_range(self, tmp_path: Path) -> None:
        product = one(tmp_path, "name,price\nVase,£5.99 - £12.99\n")
        assert (product.price, product.price_to) == (Decimal("5.99"), Decimal("12.99"))
        assert (product.currency, product.compare_at) == ("GBP", None)

    def test_price_uses_decimal_mark_of_its_column(self, tmp_path: Path) -> None:
        french = read(tmp_path, 'nom,prix\nCanapé,"1.299"\nVase,"49,90"\n')
        assert [p.price for p in french.products] == [1299, Decimal("49.90")]


class TestVariants:
    def test_plain_variant_rows_are_one_product(self, tmp_path: Path) -> None:
        product = one(
            tmp_path, "ref;nom;taille;prix\nC1;Chemise;S;49\nC1;Chemise;M;49\nC1;Chemise;L;52\n"
        )
        assert (product.sizes, product.price, product.price_to) == (
            ("S", "M", "L"),
            Decimal(49),
            Decimal(52),
        )

    def test_variants_with_own_references_are_one_product(self, tmp_path: Path) -> None:
        text = "sku,name,size,price\nC-S,Shirt,S,49\nC-M,Shirt,M,49\nV,Vase,,12\n"
        products = read(tmp_path, text).products
        assert [(p.handle, p.sizes) for p in products] == [("c-s", ("S", "M")), ("v", ())]

    def test_variants_need_no_reference(self, tmp_path: Path) -> None:
        text = "name,colour,price\nShirt,blue,49\nShirt,white,49\n"
        assert one(tmp_path, text).colours == ("blue", "white")

    def test_variants_of_two_currencies_are_rejected(self, tmp_path: Path) -> None:
        assert list_rejects(tmp_path, "name,size,price\nShirt,S,€49\nShirt,M,£49\n") == [
            (3, "", "GBP, but line 2 says EUR")
        ]


class TestTraits:
    @pytest.mark.parametrize(
        ("title", "description", "materials", "colours"),
        [
            ("Linen Shirt", "", ("linen",), ()),
            ("Chemise en lin bleue", "", ("lin",), ("bleu",)),
            ("Shirt", "A white cotton shirt.", ("cotton",), ("white",)),
            ("Wool Jumper", "In a soft wool blend.", ("wool blend",), ()),
            ("Bag", "Vegan leather, cotton lining.", ("vegan leather", "cotton"), ()),
            ("Bag", "Leather-free. No leather, without suede.", (), ()),
            ("Sac", "Sans cuir ni laine, effet daim.", (), ()),
            ("Top", "Pairs well with black jeans.", (), ()),
            ("Top", "À porter avec un jean noir.", (), ()),
            ("Blue Top", "Also available in red.", (), ("blue",)),
            ("Balm", "For leather and wood.", (), ()),
            ("Print", "Silk-like feel.", (), ()),
            ("Or rose", "Silver or gold, red wine, olive oil", (), ("silver",)),
            ("Trowel", "Metal trowel with wooden handle", ("metal", "wood"), ()),
        ],
    )
    def test_traits_are_read_from_product_text(
        self,
        tmp_path: Path,
        title: str,
        description: str,
        materials: tuple[str, ...],
        colours: tuple[str, ...],
    ) -> None:
        product = one(tmp_path, f'name,description\n"{title}","{description}"\n')
        assert (product.materials, product.colours) == (materials, colours)

    def test_trait_column_overrides_text(self, tmp_path: Path) -> None:
        text = "name,description,material,colour\nLinen Shirt,Black,100% cotton,ecru\n"
        product = one(tmp_path, text)
        assert (product.materials, product.colours) == (("100% cotton",), ("ecru",))


class TestEncodings:
    TEXT = "nom;prix\nÉcharpe à carreaux – laine;49,90 €\nŒufs;5 €\n"

    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
    )
    def test_encoding_is_detected(self, tmp_path: Path, encoding: str) -> None:
        catalogue = read(tmp_path, self.TEXT.encode(encoding))
        assert titles(catalogue) == ["Écharpe à carreaux – laine", "Œufs"]
        assert [p.currency for p in catalogue.products] == ["EUR", "EUR"]
        assert catalogue.rejects == ()
        assert bool(catalogue.remarks) == (encoding == "cp1252")

    def test_mixed_encodings_are_read(self, tmp_path: Path) -> None:
        stored = "nom;prix\nThé;5\n".encode() + "Café;6\n".encode("latin-1")
        assert titles(read(tmp_path, stored)) == ["Thé", "Café"]

    def test_double_encoded_accents_are_repaired(self, tmp_path: Path) -> None:
        spoilt = "nom;prix\nCafé à l'été – doux;6\n".encode().decode("cp1252").encode()
        catalogue = read(tmp_path, spoilt)
        assert titles(catalogue) == ["Café à l'été – doux"]
        assert "put right" in str(catalogue.remarks[0].reason)

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_line_endings_do_not_matter(self, tmp_path: Path, ending: str) -> None:
        text = ending.join(["name,price", "Vase,12", '"Two', 'lines",9', "Pot,x", ""])
        catalogue = read(tmp_path, text)
        assert titles(catalogue) == ["Vase", "Two lines"]
        assert [r.line for r in catalogue.rejects] == [5]


def _short(row: str) -> str:
    return ascii(row[:30])


GOOD = "Vase,12.50,v1\n"
BAD_ROWS = {
    # what stands on line 3, between two good rows: (line, column, reason)
    "Pot,-9,p1\n": (3, "price", 'a price can\'t be negative ("-9")'),
    "Pot,abc,p1\n": (3, "price", '"abc" is not a price'),
    "Pot,1e400,p1\n": (3, "price", '"1e400" is not a price'),
    "Pot,99999999999,p1\n": (3, "price", '"99999999999" is too large for a price'),
    "Pot,1.234.5,p1\n": (3, "price", '"1.234.5" is not a price'),
    "Pot,=1+1,p1\n": (3, "price", "this is a spreadsheet's formula, not a price"),
    ",9,p1\n": (3, "name", "there is no name"),
    "  ,9,p1\n": (3, "name", "there is no name"),
    "<p></p>,9,p1\n": (3, "name", "there is no name"),
    "#REF!,9,p1\n": (3, "name", "there is no name"),
    "=cmd|' /C calc'!A0,9,p1\n": (3, "name", "this is a spreadsheet's formula, not a name"),
    '"=HYPERLINK(""http://x.example"")",9,p1\n': (
        3,
        "name",
        "this is a spreadsheet's formula, not a name",
    ),
    "Pot,9,=A1\n": (3, "ref", "this is a spreadsheet's formula, not a reference"),
    "Total,21.50,\n": (3, "name", "this is a total, not a product"),
    "Pot,9,v1\n": (3, "ref", "the same reference as line 2, for another product"),
    "Vase,12.50,v1\n": (3, "ref", "the same product as line 2 once more"),
    "Pot, large,9,p1\n": (
        3,
        "",
        "has 4 cells, the header 3: a text with the delimiter in it wants quotes",
    ),
    "Pot\n": (3, "", "has 1 cells, the header 3"),
    "Pot\0,9,p1\n": (3, "", "holds bytes that are no text"),
    '"Pot" large,9,p1\n': (3, "", "a quote inside a quoted cell must be written twice"),
    '"Pot,9,p1\n': (3, "", "a quote inside a quoted cell must be written twice"),
    f"{'x' * 1001},9,p1\n": (3, "name", "a name of 1001 characters is a shifted column"),
    f"{'x' * 140_000},9,p1\n": (
        3,
        "",
        "a quote never closes, or a cell is longer than 131,072 characters",
    ),
}


class TestBadRow:
    @pytest.mark.parametrize(("row", "reject"), BAD_ROWS.items(), ids=map(_short, BAD_ROWS))
    def test_bad_row_is_rejected_alone(
        self, tmp_path: Path, row: str, reject: tuple[int, str, str]
    ) -> None:
        text = f'name,price,ref\n{GOOD}{row}"Cup",5.00,c1\n'
        catalogue = read(tmp_path, text)
        assert titles(catalogue) == ["Vase", "Cup"]
        (found,) = catalogue.rejects
        assert (found.line, found.column, str(found.reason)) == reject
        assert found.row == row.rstrip("\n")[:2000]

    def test_unclosed_quote_rejects_one_row(self, tmp_path: Path) -> None:
        rows = "".join(f"Cup {n},{n}.00,c{n}\n" for n in range(1, 30))
        catalogue = read(tmp_path, f'name,price,ref\n"Pot,9,p1\n{rows}')
        assert len(catalogue.products) == 29
        assert [(r.line, str(r.reason)) for r in catalogue.rejects] == [
            (2, "a quote opens here and never closes")
        ]

    def test_quote_closed_far_below_rejects_one_row(self, tmp_path: Path) -> None:
        rows = "".join(f"Cup {n},{n}.00,c{n}\n" for n in range(1, 9))
        catalogue = read(tmp_path, f'name,price,ref\n"Pot,9,p1\n{rows}Last",5,l1\n')
        assert titles(catalogue)[:8] == [f"Cup {n}" for n in range(1, 9)]
        assert catalogue.rejects[0].line == 2
        assert "swallows" in str(catalogue.rejects[0].reason)

    def test_reject_has_line_of_file(self, tmp_path: Path) -> None:
        text = 'name,description,price\nVase,"a\nb\nc",9\n\nPot,,x\nCup,"d\ne",y\n'
        assert [line for line, _, _ in list_rejects(tmp_path, text)] == [6, 7]

    def test_unknown_currency_is_rejected(self, tmp_path: Path) -> None:
        text = "name,price,currency\nA,9,Bananas\nB,£9,EUR\nC,9,EUR\n"
        assert list_rejects(tmp_path, text) == [
            (2, "currency", '"Bananas" is not a currency I know'),
            (3, "currency", "EUR, but the price says GBP"),
        ]

    @pytest.mark.parametrize(
        ("column", "cell", "reason"),
        [
            ("stock", "lots", '"lots" is not a number of pieces: left out'),
            ("link", "javascript:alert(1)", "not an address that starts with https://: left out"),
            ("link", "lin.example/x", "not an address that starts with https://: left out"),
            ("description", "=cmd|' /C calc'!A0", "a spreadsheet's formula: left out"),
            ("vendor", "@SUM(1)", "a spreadsheet's formula: left out"),
            ("description", "word " * 2000, "9999 characters: cut at 5000"),
        ],
    )
    def test_minor_bad_cell_is_left_out_with_remark(
        self, tmp_path: Path, column: str, cell: str, reason: str
    ) -> None:
        catalogue = read(tmp_path, f"name,price,{column}\nVase,12,{cell}\n")
        value = getattr(catalogue.products[0], column)
        assert value is None or len(value) <= 5000
        assert [(r.line, r.column, str(r.reason)) for r in catalogue.remarks] == [
            (2, column, reason)
        ]

    def test_empty_rows_and_repeated_headers_are_skipped(self, tmp_path: Path) -> None:
        text = "name,price,ref\n\n,,\n  \nVase,12,v\nname,price,ref\nPot,9,p\n"
        assert titles(read(tmp_path, text)) == ["Vase", "Pot"]
        assert list_rejects(tmp_path, text) == []

    def test_missing_or_extra_empty_cells_are_accepted(self, tmp_path: Path) -> None:
        text = "name,price,ref\nVase,12\nPot,9,p,,,\n"
        assert titles(read(tmp_path, text)) == ["Vase", "Pot"]


class TestHandle:
    @pytest.mark.parametrize(
        ("title", "handle"),
        [
            ("Chemise en lin n° 2", "chemise-en-lin-n-2"),
            ("Œuf d'été", "oeuf-d-ete"),
            ("50% off!", "50-off"),
            ("../../etc/passwd", "etc-passwd"),
            ("x" * 300, "x" * 120),
        ],
    )
    def test_handle_is_made_of_name(self, tmp_path: Path, title: str, handle: str) -> None:
        assert one(tmp_path, f'name,price\n"{title}",5\n').handle == handle

    def test_other_alphabet_gets_a_handle(self, tmp_path: Path) -> None:
        products = read(tmp_path, "name,price\n花瓶,5\nваза,6\n").products
        assert len({p.handle for p in products}) == 2

    def test_handle_keeps_leading_zeros(self, tmp_path: Path) -> None:
        assert one(tmp_path, 'name,ref,price\nVase,"=""00123""",5\n').handle == "00123"


def workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("shop.csv", "name,price\n")


HOPELESS = {
    b"": "is empty",
    b"\n\n  \n": "is empty",
    b"\xef\xbb\xbf": "is empty",
    b"name,price\n": "has the columns but no products",
    b"name,price\n,\n\n": "has the columns but no products",
    b"12,50\n13,60\n": "I can't find the column with the products' names",
    b"foo,bar\n1,2\n": "The first line reads: foo,bar",
    b"just a letter\nto you\n": "I can't find the column",
    b"Title,Review,Rating,Age\nNice,I like it,5,33\n": "doesn't look like a catalogue",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is no table that I can read",
    b"%PDF-1.7\n": "is no table that I can read",
    b"\x89PNG\r\n\x1a\n": "is no table that I can read",
    b"PAR1....": "is no table that I can read",
    bytes(range(256)) * 20: "is no table that I can read",
    b"\0" * 5000: "is no table that I can read",
    b"\x1f\x8b\x08\0\0": "is a compressed file",
    b"<!DOCTYPE html><html></html>": "is a page, not a table",
    b'<?xml version="1.0"?><rss/>': "is a page, not a table",
    b'[{"name": "Vase"}]': "is one large JSON list",
    b'{"products": []}': "I can't find the column with the products' names",
}


class TestHopelessFile:
    @pytest.mark.parametrize(("stored", "said"), HOPELESS.items())
    def test_unusable_file_is_refused_with_clear_message(
        self, tmp_path: Path, stored: bytes, said: str
    ) -> None:
        with pytest.raises(CannotDo) as cannot:
            read(tmp_path, stored)
        words = cannot.value.words.to("en")
        assert said in words
        assert "shop.csv" in words

    def test_word_document_is_no_archive(self, tmp_path: Path) -> None:
        path = tmp_path / "letter.docx"
        with zipfile.ZipFile(path, "w") as document:
            document.writestr("word/document.xml", "<w:document/>")
        with pytest.raises(CannotDo, match="is no table that I can read"):
            inspect_format(path, path.name)

    def test_workbook_is_refused(self, tmp_path: Path) -> None:
        workbook(tmp_path / "shop.xlsx")
        with pytest.raises(CannotDo) as cannot:
            read_catalogue(tmp_path / "shop.xlsx")
        assert "is no table that I can read" in cannot.value.words.to("en")

    def test_compressed_file_is_refused(self, tmp_path: Path) -> None:
        packed(tmp_path / "shop.zip")
        with pytest.raises(CannotDo) as cannot:
            read_catalogue(tmp_path / "shop.zip")
        assert "compressed" in cannot.value.words.to("en")

    def test_too_large_file_is_refused(self, tmp_path: Path) -> None:
        with (tmp_path / "shop.csv").open("wb") as file:
            file.truncate(50_000_001)
        with pytest.raises(CannotDo) as cannot:
            read_catalogue(tmp_path / "shop.csv")
        assert "larger than 50 MB" in cannot.value.words.to("en")


def test_file_of_bad_rows_only_reports_reasons(tmp_path: Path) -> None:
    catalogue = read(tmp_path, "name,price\n,1\nA,x\n")
    assert catalogue.products == ()
    assert len(catalogue.rejects) == 2


def test_export_day_defaults_to_file_date(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("name,price\nVase,12\n")
    os.utime(path, (0, datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()))
    assert read_catalogue(path).products[0].as_of == date(2026, 3, 1)
    given = read_catalogue(path, as_of=date(2026, 4, 1), name="été.csv").products[0]
    assert (given.as_of, str(given.source)) == (date(2026, 4, 1), "été.csv, line 2")


def test_product_survives_json(tmp_path: Path) -> None:
    product = one(tmp_path, "name,price,size,currency\nVase,12.50,S,EUR\n")
    assert Product.model_validate_json(product.model_dump_json()) == product


def test_rejects_csv_contains_no_live_formula(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path, "name,price,stock\n=cmd|' /C calc'!A0,9,1\n-5 %,x,1\nPot,9\0,1\nVase,9,lots\n"
    )
    content = render_rejects(list_catalogue_rejects(catalogue), "en")
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == ["line", "column", "reason", "row"]
    assert [row[0] for row in rows] == ["2", "3", "4", "5"]
    assert rows[0][3] == "'=cmd|' /C calc'!A0,9,1"
    assert rows[1][3] == "'-5 %,x,1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@real_data
def test_real_clothes_shop_is_read_completely() -> None:
    catalogue = read_catalogue(DATA / "shopify_apparel.csv", currency="GBP")
    assert (len(catalogue.products), catalogue.rejects, catalogue.remarks) == (20, (), ())
    by_handle = {p.handle: p for p in catalogue.products}
    assert by_handle["classic-varsity-top"].sizes == ("Small", "Medium", "Large")
    assert by_handle["yellow-wool-jumper"].materials == ("wool blend",)
    assert by_handle["ocean-blue-shirt"].stock is None
    assert {p.currency for p in catalogue.products} == {"GBP"}


@real_data
def test_real_home_shop_is_read_completely() -> None:
    catalogue = read_catalogue(DATA / "shopify_home-and-garden.csv")
    assert (len(catalogue.products), catalogue.rejects, catalogue.remarks) == (20, (), ())
    pot, light = catalogue.products[:2]
    assert (pot.price, pot.price_to) == (Decimal("9.99"), Decimal("15.99"))
    assert (light.price, light.compare_at) == (Decimal("59.99"), Decimal(75))


@real_data
def test_real_toy_shop_is_read_completely() -> None:
    catalogue = read_catalogue(DATA / "amazon_toys_863.csv")
    assert (len(catalogue.products), catalogue.rejects) == (863, ())
    assert sum(p.price is None for p in catalogue.products) == 145
    assert catalogue.products[1].stock == 3


@real_data
@pytest.mark.parametrize(
    "name", ["olist_orders.csv", "hillstrom_email.csv", "womens_clothing_quarter.csv"]
)
def test_real_files_of_other_kinds_are_refused(name: str) -> None:
    with pytest.raises(CannotDo):
        read_catalogue(DATA / name)
