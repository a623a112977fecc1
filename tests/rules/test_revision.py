"""A reply under a draft …"""

import pytest

from bot.rules.revision import channel_meant, wants_change


@pytest.mark.parametrize(
    "reply",
    [
        *("make it shorter", "Shorter please", "Shorter?", "Shorter, thanks", "ok shorten it"),
        *("Can you make it warmer?", "too long", "The body is too long", "less salesy"),
        *("please remove the price", "Could you mention the free delivery?", "rewrite the opening"),
        *("Thanks! But shorter please", "Another angle please", "in French please"),
        *("plus court s'il te plaît", "Plus court, merci", "peux-tu le raccourcir ?"),
        *("raccourcis l'e-mail, en français", "Et en français ?", "C’est trop long"),
        *("sans le prix", "Merci, mais plus chaleureux", "ajoute la livraison offerte"),
        *("vouvoie les clients", "Fais plus court", "il faudrait un ton plus chaleureux"),
    ],
)
def test_asks_for_another_version(reply: str) -> None:
    assert wants_change(reply)


@pytest.mark.parametrize(
    "reply",
    [
        *("", "ok", "👍", "thanks", "Thank you so much!", "Nice, I like it", "much better!"),
        *("looks shorter now, thanks", "I love how short it is", "no need to change the text"),
        *("Is it too long for the newsletter do you think?", "Can you check with Max?"),
        *("When does it go out?", "I'll ask Paul tomorrow", "add me to the thread"),
        *("keep me posted", "it's in French already?", "the French version is with Léa"),
        *("merci beaucoup", "c'est bien mieux", "c'est plus court, parfait", "parfait"),
        *("on en parle demain", "Je valide", "fais signe quand c'est bon", "c'est un peu cher"),
        *("on change de sujet ?", "make it shorter " * 60),
    ],
)
def test_is_left_to_the_people_it_is_for(reply: str) -> None:
    assert not wants_change(reply)


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        ("make the SMS shorter", "sms"),
        ("raccourcissez l'e-mail, en français", "email"),
        ("une fiche produit plus courte", "product_page"),
        ("make it shorter", None),
        ("the e-mail like the SMS, but warmer", None),
    ],
)
def test_names_the_channel_it_is_about(reply: str, key: str | None) -> None:
    assert channel_meant(reply) == key
