"""The audit of a real history: it holds, and whoever changes it in the database is found out."""

import argparse
import json

import pytest
from sqlalchemy import create_engine, text

from adapters.audit_command import add_arguments, audit
from bot.domain.errors import NotFoundError, UserError
from storage.address import read_address
from storage.postgres import is_postgres
from tests.fakes.stage import PLAN, Stage


async def asked(theatre: Stage, *words: str) -> tuple[int, list[str]]:
    """The exit code and lines of `signalbox audit`."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    said: list[str] = []
    return await audit(parser.parse_args(words), theatre.store, say=said.append), said


async def a_history(theatre: Stage) -> None:
    for key in ("R-1", "R-2"):
        await theatre.says("developer", "dispatch fix-rounding")
        runner = await (await theatre.claims()).starts()
        await runner.reports("phase", name="PLANNING")
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
        await theatre.settle()
        await theatre.says("reviewer", f"approve {key}")
        await runner.reports("step", name="tests", state="done")
        await runner.ends("failed", reason="no luck")
        await theatre.says("developer", f"retry {key}")
    await theatre.says("developer", "stop 2")
    await theatre.says("developer", "delete 2")
    await theatre.passes(seconds=10)


def tamper(database: str, change: str) -> None:
    url = read_address(database)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if is_postgres(url) else url)
    with engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()


async def test_a_real_history_holds(theatre: Stage) -> None:
    await a_history(theatre)
    code, said = await asked(theatre, "verify")
    assert (code, said[0].startswith("✔ All hold")) == (0, True)
    assert "2 runs" in said[0]
    assert (await asked(theatre, "verify", "--run", "R-2"))[0] == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET actor_name = 'mallory' WHERE run_id = 1 AND seq = 3", "R-1, event 3"),
        ("DELETE FROM events WHERE run_id = 1 AND seq = 2", "R-1, event 2"),
        ("UPDATE runs SET owner = 'mallory' WHERE id = 1", "R-1: its owner"),
        ("UPDATE jobs SET status = 'succeeded' WHERE id = 1", "R-1: R-1.1 is stored otherwise"),
        ("DELETE FROM events WHERE run_id = 2 AND seq = 1", "R-2, event 1"),
    ],
)
async def test_a_change_behind_our_back_is_found(
    theatre: Stage, database: str, change: str, found: str
) -> None:
    await a_history(theatre)
    tamper(database, change)
    code, said = await asked(theatre, "verify")
    assert code == 1
    assert said[0].startswith(f"✖ {found}")
    assert said[1].startswith("1 of 2 runs")


async def test_events_are_exported_as_lines(theatre: Stage) -> None:
    await a_history(theatre)
    code, said = await asked(theatre, "export")
    events = [json.loads(line) for line in said]
    assert code == 0
    assert [event["run"] for event in events] == sorted(event["run"] for event in events)
    assert events[0]["type"] == "run_requested"
    _, one = await asked(theatre, "export", "--run", "1")
    assert one == [line for line in said if '"run": "R-1"' in line]


async def test_a_run_that_is_not_there_is_said(theatre: Stage) -> None:
    with pytest.raises(NotFoundError):
        await asked(theatre, "verify", "--run", "R-9")
    with pytest.raises(UserError, match="no run's key"):
        await asked(theatre, "verify", "--run", "nine")
