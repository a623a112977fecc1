"""The skills: one module each, one prompt each. See docs/adding-a-skill.md."""
