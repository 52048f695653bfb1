"""The words of messages and replies, and of buttons and facts."""
