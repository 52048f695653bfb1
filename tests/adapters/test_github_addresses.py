"""Which GitHub a repository is on, and where its APIs are."""

import pytest

from adapters.github.client import graphql_address
from adapters.github.host import git_host
from bot.domain.repository import hosted_name
from tests.adapters.github_world import BRANCH, SHOP, draft, github_world
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub


async def test_an_enterprise_server_has_its_own_address(github_fake: GitHub) -> None:
    base = "/api/v3"
    async with github_world(github_fake, FakeClock(), kind="token", base=base) as world:
        world.state.commit(SHOP, BRANCH, "work")
        opened = await world.host.open_pull_request(draft(draft=True))
        for _ in range(150):
            world.state.approve(opened.number)
        assert not (await world.host.mark_ready(SHOP, opened.number)).draft


@pytest.mark.parametrize(
    ("api", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
        ("https://ghe.acme.test/api/v3", "https://ghe.acme.test/api/graphql"),
    ],
)
def test_where_graphql_is_follows_from_the_api(api: str, graphql: str) -> None:
    assert graphql_address(api) == graphql


@pytest.mark.parametrize(
    ("api", "host"),
    [
        ("https://api.github.com", "github.com"),
        ("https://api.acme.ghe.com", "acme.ghe.com"),
        ("https://ghe.acme.test/api/v3", "ghe.acme.test"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_the_host_of_repositories_follows_from_the_api(api: str, host: str) -> None:
    assert git_host(api) == host


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://u:p@GitHub.com/acme/shop/", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("ssh://git@github.com:443/acme/shop", "acme/shop"),
        ("https://github.com.evil.test/acme/shop", None),
        ("https://evil.test/github.com/acme/shop", None),
        ("https://github.com:8443/acme/shop", None),
        ("https://github.com/acme", None),
        ("https://github.com/acme/../x", None),
        ("https://[github.com/acme/x", None),
        ("file:///github.com/acme/shop", None),
        ("/remotes/shop.git", None),
    ],
)
def test_whose_a_repository_is(address: str, name: str | None) -> None:
    assert hosted_name(address, "github.com") == name
    assert hosted_name(address, "") is None
