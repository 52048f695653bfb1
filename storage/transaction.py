"""Transaction: the Tx port over one scope."""

from contextlib import AbstractContextManager
from datetime import datetime

from bot.domain.sight import Sight
from bot.ports import chat_store as chats
from bot.ports import output_store as output
from bot.ports import people_store as people
from bot.ports import pull_store as pulls
from bot.ports import store as port
from bot.ports import tracker_store as tracker
from bot.ports.issue_store import Issues
from storage.artifacts import SqlArtifacts
from storage.blueprints import SqlBlueprints
from storage.costs import SqlCosts
from storage.deliveries import SqlDeliveries
from storage.effects import SqlEffects
from storage.exports import SqlExports
from storage.followups import SqlFollowups
from storage.gates import SqlGates
from storage.identities import SqlIdentities
from storage.installations import SqlInstallations
from storage.invocations import SqlInvocations
from storage.issues import SqlIssues
from storage.jobs import SqlJobs
from storage.logs import SqlLogs
from storage.orders import SqlOrders
from storage.postings import SqlPostings
from storage.pull_requests import SqlPullRequests
from storage.runs import SqlRuns
from storage.scope import Scope
from storage.sealed import SqlSealed
from storage.tracker_events import SqlTrackerEvents, SqlTrackerTokens
from storage.transcript import SqlTranscript
from storage.workspaces import SqlWorkspaces


class Transaction:
    """What a unit is given."""

    def __init__(self, scope: Scope) -> None:
        """The repositories over `scope`, whose transaction has begun."""
        self._scope = scope
        self.runs: port.Runs = SqlRuns(scope)
        self.jobs: port.Jobs = SqlJobs(scope)
        self.gates: port.Gates = SqlGates(scope)
        self.sealed: port.Sealed = SqlSealed(scope)
        self.postings: port.Postings = SqlPostings(scope)
        self.invocations: people.Invocations = SqlInvocations(scope)
        self.orders: port.Orders = SqlOrders(scope)
        self.logs: output.Logs = SqlLogs(scope)
        self.artifacts: output.Artifacts = SqlArtifacts(scope)
        self.costs: port.Costs = SqlCosts(scope)
        self.blueprints: port.Blueprints = SqlBlueprints(scope)
        self.transcript: chats.Transcript = SqlTranscript(scope)
        self.workspaces: port.Workspaces = SqlWorkspaces(scope)
        self.identities: people.Identities = SqlIdentities(scope)
        self.effects: people.Effects = SqlEffects(scope)
        self.exports: people.Exports = SqlExports(scope)
        self.tracker_events: tracker.TrackerEvents = SqlTrackerEvents(scope)
        self.tracker_tokens: tracker.TrackerTokens = SqlTrackerTokens(scope)
        self.installations: chats.Installations = SqlInstallations(scope)
        self.followups: chats.Followups = SqlFollowups(scope)
        self.issues: Issues = SqlIssues(scope)
        self.pull_requests: pulls.PullRequests = SqlPullRequests(scope)
        self.deliveries: pulls.Deliveries = SqlDeliveries(scope)

    def seeing(self, sight: Sight) -> "Transaction":
        """The same transaction as somebody sees it: other runs and gates are not there."""
        return Transaction(self._scope.seeing(sight))

    def now(self) -> datetime:
        """The transaction's time."""
        return self._scope.now

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that is undone alone when it raises."""
        return self._scope.savepoint()

    def wake(self, topic: port.Topic) -> None:
        """Wake waiters of a topic once this is durable."""
        self._scope.woken.add(topic)
