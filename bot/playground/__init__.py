"""A local Slack: what the playground and the end-to-end tests run against."""
