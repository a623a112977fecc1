"""A name as it stands in a fact's id: lower case, no accents, signs as hyphens."""

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=10_000)
def slug(name: str) -> str:
    """`Photos portées !` → `photos-portees`; a name without letters or digits gives `x`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-") or "x"
