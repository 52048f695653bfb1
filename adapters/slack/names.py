"""What Slack knows by name: paths at which it calls, and ids that it calls back with."""

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

COMMAND = "/run"
START_RUN = "start_run"
"""The callback id of the global shortcut."""
RUN_FROM_MESSAGE = "run_from_message"
"""The callback id of the message shortcut."""
DISPATCH_RUN = "dispatch_run"
"""The callback id of the step of Workflow Builder."""
