"""A client of the local Slack in a terminal."""
