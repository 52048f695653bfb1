"""The web API: what agents, runners, consoles and operators call."""

from adapters.web.agent_api import AgentApi
from adapters.web.app import Router
from adapters.web.artifact_downloads import ArtifactDownloads
from adapters.web.console_api import ConsoleApi
from adapters.web.console_token import keep_maintenance_token
from adapters.web.downloads import Downloads
from adapters.web.maintenance_api import MaintenanceApi
from adapters.web.output_api import OutputApi
from adapters.web.run_page import run_page_router
from bot.domain.actor import Actor
from bot.domain.conversation import CONSOLE
from bot.ports.code_host import FindCredential
from bot.ports.run_standing import FindStanding, RunStanding
from bot.services.people import look_as
from bot.services.viewing import stand
from bot.wiring.parts import Parts


def api_routers(parts: Parts, credential: FindCredential | None) -> tuple[Router, ...]:
    """All of it but what the surfaces bring along."""
    store, rules, closing = parts.store, parts.rulebook.current, parts.closing
    artifacts, access = parts.artifacts, parts.access
    return (
        run_page_router(chat=parts.settings.rehearsal),
        AgentApi(
            store=store,
            rules=rules,
            artifacts=artifacts,
            vault=parts.vault,
            closing=closing,
            credential=credential,
        ).router(),
        OutputApi(store=store, rules=rules, access=access, closing=closing).router(),
        ArtifactDownloads(
            store=store, rules=rules, artifacts=artifacts, authorise=access.authorise
        ).router(),
        ConsoleApi(
            store=store,
            requests=parts.dispatcher,
            standing=_standing(parts),
            access=access,
            closing=closing,
        ).router(),
        Downloads(store=store, artifacts=artifacts, access=access, rules=rules).router(),
        MaintenanceApi(
            maintenance=store.maintenance, token=keep_maintenance_token(parts.data)
        ).router(),
    )


def _standing(parts: Parts) -> FindStanding:
    async def find(key: str, actor: Actor) -> RunStanding:
        rules = parts.rulebook.current()
        return await parts.store.read(
            lambda tx: stand(look_as(tx, rules.policy, actor, CONSOLE)[1], rules, key)
        )

    return find
