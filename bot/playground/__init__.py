"""A local Slack server for the playground and for the end-to-end tests."""
