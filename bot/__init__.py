"""Super-Intern: a Slack intern for retail marketing teams. It drafts, people decide."""
