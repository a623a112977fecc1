"""Escaping of untrusted text: nothing hidden, no mention of people, no link that can be opened."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.escape import escape_mrkdwn, strip_hidden
from bot.text.links import find_links, parse_host


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> buy", "‹!channel› buy"),
        ("<@U0123> hi", "‹@U0123› hi"),
        ("<#C0123|sales>", "‹#C0123|sales›"),
        ("@channel and @Here, @everyone", "channel and Here, everyone"),
        ("@@here", "here"),
        ("@\u200bchannel", "channel"),
        ("me@here.example is an address", "`me@here.example` is an address"),
        ("me@shop.example is ours", "me@shop.example is ours"),
        ("5 > 3 & 2 < 4", "5 &gt; 3 &amp; 2 &lt; 4"),
        ("*bold* _it_ ~no~ `code`", "∗bold∗ ˍitˍ ∼no∼ 'code'"),
        ("snake_case, 3*4, a~b", "snake_case, 3*4, a~b"),
        ("49 €*", "49 €∗"),
        ("fine\n> approved by Max", "fine\n› approved by Max"),
        ("https://shop.example/~a_b/_c", "https://shop.example/~a_b/_c"),
        ("see https://evil.example/a?b=1.", "see `evil.example/a?b=1`."),
        ("see www.evil.example", "see `www.evil.example`"),
        ("go to evil.example/path now", "go to `evil.example/path` now"),
        ("<https://evil.example|our shop>", "&lt;`evil.example`|our shop&gt;"),
        ("https://shop.example/linen", "https://shop.example/linen"),
        ("https://www.shop.example/linen", "https://www.shop.example/linen"),
        ("https://shop.example@evil.example/", "`shop.example@evil.example/`"),
        ("https://shop.example.evil.example", "`shop.example.evil.example`"),
        ("http://localhost/x", "`localhost/x`"),
        ("a ` https://evil.example b", "a ' `evil.example` b"),
        ("12.50 e.g. v2.0 end.Next", "12.50 e.g. v2.0 end.Next"),
    ],
)
def test_text_is_escaped_for_slack(text: str, shown: str) -> None:
    assert escape_mrkdwn(text, {"shop.example"}) == shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\u202eb\u2066c", "abc"),
        ("li\u200bn\ufeffen\u00ad", "linen"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("tab\tkept", "tab\tkept"),
        ("no-break\u00a0and\u202fnarrow stay", "no-break\u00a0and\u202fnarrow stay"),
        ("family 👨‍👩‍👧 ❤️ stay", "family 👨‍👩‍👧 ❤️ stay"),
        ("l\u200din", "lin"),
        ("<b> & stay", "<b> & stay"),
    ],
)
def test_hidden_characters_are_removed(text: str, clean: str) -> None:
    assert strip_hidden(text) == clean


SLACK = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<!",
                "<@U1>",
                "<#C1|x>",
                "<!channel>",
                "@",
                "here",
                "channel",
                "`",
                "https://",
                "evil.com",
                "//",
                ".",
                "shop.example",
                "\u200b",
                "\u202e",
                "&lt;",
                "|",
                ">",
                "<",
                "\n",
                "@here",
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=12,
).map("".join)


@given(SLACK)
@example("@\u202e@here")
@example("<\u200b!channel>")
@example("@herehttps://@")
def test_mentions_are_disabled(text: str) -> None:
    shown = escape_mrkdwn(text, {"shop.example"})
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"(?<!\w)@(channel|here|everyone)\b", shown, re.IGNORECASE)
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert strip_hidden(html.unescape(shown)) == html.unescape(shown) or "&" in text


@given(SLACK)
@example("evil.comhttps://0")
@example("@here.@here")
@example("//shop.example<@U1>https://")
@example(".http://evil.com/https://evil.com")
@example("1.http://evil.com")
def test_only_allowed_links_can_be_opened(text: str) -> None:
    shown = html.unescape(escape_mrkdwn(text, {"shop.example"}))
    for open_text in re.split(r"`[^`]*`", shown):
        for link in find_links(open_text):
            assert link.host.endswith("shop.example")


@given(st.text())
def test_strip_hidden_is_idempotent(text: str) -> None:
    assert strip_hidden(strip_hidden(text)) == strip_hidden(text)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.Shop.example:443/a?b#c", "shop.example"),
        ("shop.example/linen", "shop.example"),
        ("http://me:pw@evil.example", "evil.example"),
        ("https://evil.example\\@shop.example", "evil.example"),
        ("shop.example.", "shop.example"),
    ],
)
def test_host_of_a_link_is_parsed(address: str, host: str) -> None:
    assert parse_host(address) == host
