"""Which language the names of a file's columns are in, as far as figures and dates go by it."""

import re
import unicodedata
from collections.abc import Sequence

from bot.library.files.names import spoken

FRENCH = {
    *("date", "client", "commande", "prix", "devise", "quantite", "montant", "pays", "appareil"),
    *("reference", "texte", "note", "langue", "canal", "jour", "moment", "produit", "avis"),
    *("statut", "depuisle", "envoyes", "clics", "depense", "variante", "visiteur"),
}
FRENCH_WORDS = {  # in a name of several words; they are no English ones
    *("commande", "prix", "devise", "quantite", "montant", "appareil", "langue", "jour", "produit"),
    *("avis", "statut", "numero", "nom", "adresse", "livraison", "taille", "couleur", "ttc", "ht"),
    *("libelle", "categorie", "achat", "envoi", "du", "de", "le", "la", "depense", "campagne"),
}
COMMA_WORDS = {  # German, Spanish, Portuguese, Italian: the comma is their decimal sign, too
    *("datum", "bestellung", "bestellnummer", "kunde", "kundennummer", "menge", "betrag", "preis"),
    *("artikel", "umsatz", "kosten", "klicks", "anzahl", "kampagne", "wahrung", "waehrung"),
    *("fecha", "pedido", "cliente", "precio", "importe", "cantidad", "articulo", "moneda"),
    *("impresiones", "gasto", "campana", "producto", "preco", "valor", "quantidade", "produto"),
    *("ordine", "prezzo", "importo", "quantita", "prodotto", "valuta", "spesa", "campagna"),
}


def french(names: Sequence[str]) -> bool:
    """Whether the columns have French names."""
    return sum(map(_is_french, names)) >= 2


def with_commas(names: Sequence[str]) -> bool:
    """Whether their language writes 12,50."""
    return french(names) or sum(not COMMA_WORDS.isdisjoint(_words(one)) for one in names) >= 2


def _is_french(name: str) -> bool:
    marked = any(c in name for c in "éèêçàù")
    return marked or spoken(name) in FRENCH or not FRENCH_WORDS.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", name.lower())
    return re.split(r"[^a-z]+", "".join(c for c in bare if not unicodedata.combining(c)))
