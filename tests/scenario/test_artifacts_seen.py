"""Artifacts of a project that somebody may not see are not there for them."""

from dataclasses import replace

from bot.domain.policy import ProjectTerms
from bot.messages.reply import Outcome
from tests.fakes.stage import HELLO, POLICY, rules, stage, text_of


async def test_hidden_artifacts_are_not_listed_nor_counted(database: str) -> None:
    vault = replace(HELLO, name="vault", project="vault")
    policy = replace(POLICY, projects={"vault": ProjectTerms(see=("admin",))})
    async with stage(database, rules_=rules(HELLO, vault, policy=policy)) as theatre:
        for name in ("hello", "vault"):
            await theatre.says("admin", f"dispatch {name}")
            runner = await (await theatre.claims()).starts()
            await runner.reports("artifact", name=f"{name}.txt", size=1, sha256="a" * 64)
            await runner.ends()
        seen = await theatre.says("viewer", "artifacts")
        assert seen.outcome is Outcome.DONE
        assert "hello.txt" in text_of(seen.message)
        assert "vault.txt" not in text_of(seen.message)
        assert "vault.txt" in text_of((await theatre.says("admin", "artifacts")).message)
        hidden = await theatre.says("viewer", "artifacts 2")
        assert "no run R-2" in text_of(hidden.message)
