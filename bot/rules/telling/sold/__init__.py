"""Questions about what was sold: what of it is asked, and how the answer is said."""
