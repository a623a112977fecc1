"""The smaller mode without an AI: forms, keyword routing, templates, reports by code."""
