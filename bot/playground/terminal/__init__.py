"""A client of the local Slack in a terminal: what stands there, drawn; what people type, done."""
