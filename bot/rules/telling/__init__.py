"""Results put into words: what the analyses found, as sentences to act on."""
