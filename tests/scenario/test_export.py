"""Exports: the file that is made, who may fetch it, and what a spreadsheet does with it."""

import csv
import hashlib
import io
import json
from pathlib import Path

from jsonschema import Draft202012Validator

from bot.domain.codec import JSON
from bot.messages.reply import Outcome, Reply
from tests.fakes.stage import HELLO, PLAN, Stage, rules, text_of

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schemas" / "export.schema.json").read_text()
)


async def fetched(theatre: Stage, reply: Reply, who: str = "developer") -> str:
    """The file that a reply names, as it is kept for a person."""
    assert reply.outcome is Outcome.DONE, text_of(reply.message)
    sha256 = reply.message.body.split("`")[1]
    assert f"/console/v1/artifacts/{sha256}" in text_of(reply.message)
    file = await theatre.store.read(lambda tx: tx.exports.find(who, sha256))
    assert file is not None
    content = theatre.files.path(sha256).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
    assert file.name in text_of(reply.message)
    return content.decode()


async def a_full_run(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch fix-rounding supervised")
    runner = await (await theatre.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    await theatre.says("reviewer", "approve last ship it")
    await runner.reports("artifact", name="report.txt", size=3, sha256="a" * 64)
    await runner.reports("cost", input_tokens=1200, output_tokens=300, usd=0.12, model="m")
    await runner.ends("failed", reason="no luck")
    await theatre.says("developer", "retry last")


def checked(text: str) -> JSON:
    document = json.loads(text)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    return document


async def test_json_holds_the_whole_tree_and_fits_its_schema(theatre: Stage) -> None:
    await a_full_run(theatre)
    reply = await theatre.says("developer", "export 1")
    assert reply.files == ()
    document = checked(await fetched(theatre, reply))
    (run,) = document["runs"]
    assert (run["key"], run["attempt"], run["cost"]["usd"]) == ("R-1", 2, 0.12)
    first, second = run["attempts"]
    assert [job["key"] for job in first["jobs"]] == ["R-1.1"]
    assert [job["status"] for job in second["jobs"]] == ["queued"]
    (gate,) = first["gates"]
    assert gate["plan"]["summary"] == PLAN["summary"]
    assert [(d["actor"]["name"], d["note"]) for d in gate["decisions"]] == [("reviewer", "ship it")]
    assert [artifact["name"] for artifact in run["artifacts"]] == ["report.txt"]
    assert [event["seq"] for event in run["events"]] == list(range(1, len(run["events"]) + 1))
    assert run["events"][-1]["hash"] == run["audit_head"]


async def test_csv_has_a_row_for_each_run_and_calculates_nothing(theatre: Stage) -> None:
    evil = HELLO.__class__(**{**vars(HELLO), "title": '=HYPERLINK("http://x")', "name": "evil"})
    theatre.rules = rules(HELLO, evil)
    await theatre.says("developer", "dispatch hello")
    await theatre.says("developer", "dispatch evil")
    text = await fetched(theatre, await theatre.says("developer", "export mine csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["key"] for row in rows] == ["R-2", "R-1"]
    assert rows[0]["title"] == '\'=HYPERLINK("http://x")'
    assert rows[1]["status"] == "queued"


async def test_words_of_an_export(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    thread = await theatre.thread_of("R-1")
    here = await theatre.says("viewer", "export csv", thread=thread)
    assert "R-1.csv" in text_of(here.message)
    titled = await theatre.says("viewer", 'export "Say hello" json')
    assert "R-1.json" in text_of(titled.message)
    several = await theatre.says("viewer", "export last 7d csv")
    assert "R-1.csv" in text_of(several.message)
    assert "Which run?" in text_of((await theatre.says("viewer", "export csv")).message)
    assert (await theatre.says("viewer", "export 1 xml")).outcome is Outcome.USAGE
    await theatre.says("developer", "dispatch hello")
    both = await theatre.says("viewer", "export active")
    assert "runs-2026-03-02.json · 2 runs" in text_of(both.message)


async def test_a_file_is_for_whoever_asked(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    reply = await theatre.says("developer", "export 1")
    sha256 = reply.message.body.split("`")[1]
    assert await theatre.store.read(lambda tx: tx.exports.find("viewer", sha256)) is None


async def test_an_export_that_is_asked_again_is_the_same(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    reply = await theatre.says("developer", "export 1")
    stored = await theatre.store.read(lambda tx: tx.invocations.load(2))
    assert await theatre.dispatcher.perform(stored) == reply
