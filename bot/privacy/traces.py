"""What else leads to one person: handles, IP addresses, introduced birth dates and papers."""

import re
from collections.abc import Iterator

_IP = re.compile(
    r"(?<![\w.:])(?:(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r"|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){2,6}:[0-9a-fA-F]{1,4})(?![\w:]|\.\d)"
)
_PAPERS = re.compile(  # passport no. 12AB34567; the cue makes it sure
    r"\b(?i:passe?port|passeport|reisepass|pasaporte|passaporte|identity card|id card|"
    r"carte (?:nationale )?d['’]identité|permis de conduire|driving licence|driver['’]s license)"
    r"(?: (?i:n[°ºo.]{1,2}|no\.?|number|num[ée]ro|nr\.?|is|est))*[ \u00a0:#]{0,3}"
    r"(?P<value>(?=[A-Z]*\d)[A-Z0-9]{6,15})\b"
)
_MONTH = r"[^\W\d_]{3,10}\.?"
_BORN = re.compile(  # born on 12 March 1985, née le 12/03/1985
    r"\b(?i:born(?: on)?|birth ?date|date of birth|birthday(?: is)?(?: on)?|d\.?o\.?b\.?|née?s? le|"
    r"date de naissance|nacid[oa] el|nascid[oa] (?:em|a)|geboren(?: am)?)"
    r"[ \u00a0:]{1,3}(?:the |le )?"
    rf"(?P<value>\d{{1,2}}[./ -]\d{{1,2}}[./ -]\d{{2,4}}|\d{{4}}-\d\d-\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: of| de)? {_MONTH}(?: de)?,? \d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})(?!\d)"
)
_HANDLE = re.compile(  # @marie_lin, but neither Slack's <@U0123> nor @here
    r"(?<![\w<@/.])@(?!(?:here|channel|everyone|group)\b)[A-Za-z][\w.]{2,29}(?<!\.)"
)
_SHAPES = (("NUMBER", _IP), ("NUMBER", _PAPERS), ("DATE", _BORN))


def traces(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Kind, where it starts and ends, and what it is."""
    if "@" in text:
        for match in _HANDLE.finditer(text):
            yield "HANDLE", match.start(), match.end(), match[0]
    if not any(character.isdigit() for character in text):
        return
    for kind, shape in _SHAPES:
        for match in shape.finditer(text):
            value = "value" if "value" in shape.groupindex else 0
            yield kind, match.start(value), match.end(value), match[value]
