"""What the doctor looks at in Slack; nothing is changed there."""
