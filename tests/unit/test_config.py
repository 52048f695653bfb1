from pathlib import Path

import pytest

from bot.config import Settings, load_settings, setting_names
from bot.domain.errors import UserError


def test_defaults_are_a_rehearsal_on_loopback(tmp_path: Path) -> None:
    settings = load_settings({}, folder=tmp_path)
    assert (settings.host, settings.port, settings.rehearsal) == ("127.0.0.1", 8321, True)
    assert settings.database == f"sqlite:///{Path('data').absolute()}/signalbox.db"
    assert settings.blueprints_folder == Path("data/blueprints")
    assert settings.policy_file == Path("data/policy.yaml")
    assert settings.hosts == ("127.0.0.1",)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "signalbox.toml").write_text('port = 9000\nhost = "localhost"\n')
    settings = load_settings({"SIGNALBOX_PORT": "9001", "OTHER": "x"}, folder=tmp_path)
    assert (settings.port, settings.host, settings.rehearsal) == (9001, "localhost", True)


@pytest.mark.parametrize(
    "given",
    [
        {"SIGNALBOX_HOST": "0.0.0.0"},
        {"SIGNALBOX_HOST": "bot.example.org"},
        {"SIGNALBOX_SLACK_BOT_TOKEN": "xoxb-1", "SIGNALBOX_SLACK_SIGNING_SECRET": "s"},
        {"SIGNALBOX_GITHUB_TOKEN": "t"},
    ],
)
def test_anything_that_lets_others_in_ends_the_rehearsal(
    given: dict[str, str], tmp_path: Path
) -> None:
    assert not load_settings(given, folder=tmp_path).rehearsal


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SIGNALBOX_PORT": "eighty"}, "SIGNALBOX_PORT is a whole number from 0 to 65,535"),
        ({"SIGNALBOX_PORT": "70000"}, "65,535"),
        ({"SIGNALBOX_SLOTS": "-1"}, "SIGNALBOX_SLOTS is a whole number"),
        (
            {"SIGNALBOX_DATABASE_URL": "mysql://u:secret@h/d"},
            "follows) or postgresql://",
        ),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(given, folder=tmp_path)
    assert said in caught.value.text
    assert "secret" not in caught.value.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prot = 1\n", "did you mean port?"),
        ("quite_other = 1\n", "unknown setting “quite_other”"),
        ("port = \n", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "signalbox.toml").write_text(content)
    with pytest.raises(UserError) as caught:
        load_settings({}, folder=tmp_path)
    assert said in caught.value.text


def test_places_can_be_chosen() -> None:
    settings = Settings(
        data_dir=Path("/d"),
        blueprints=Path("/b"),
        policy=Path("/p.yaml"),
        database_url="sqlite:////x/y.db",
        public_url="https://bot.example.org:8443/x",
        gate_hold=5,
        grace=3,
    )
    assert settings.blueprints_folder == Path("/b")
    assert settings.policy_file == Path("/p.yaml")
    assert settings.database == "sqlite:////x/y.db"
    assert settings.hosts == ("bot.example.org", "127.0.0.1")
    assert (settings.hold_time.seconds, settings.grace_time.seconds) == (5, 3)


def test_a_password_is_not_shown_with_the_settings() -> None:
    settings = load_settings({"SIGNALBOX_DATABASE_URL": "postgresql://bot:secret@db/signalbox"})
    assert settings.database == "postgresql://bot:secret@db/signalbox"
    assert "secret" not in repr(settings)


def test_names_that_are_no_setting_get_the_nearest() -> None:
    given = {"SIGNALBOX_SLOT": "1", "SIGNALBOX_PORT": "1", "OTHER": "", "SIGNALBOX_REHEARSAL": "1"}
    names, unknown = setting_names({**given, "SIGNALBOX_SLACK_BOT_TOKE": "xoxb-1"})
    assert len(names) == 4
    assert unknown == {
        "SIGNALBOX_REHEARSAL": "",
        "SIGNALBOX_SLACK_BOT_TOKE": "SIGNALBOX_SLACK_BOT_TOKEN",
        "SIGNALBOX_SLOT": "SIGNALBOX_SLOTS",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"BOT_TOKEN": "xoxp-1", "SIGNING_SECRET": "s"}, "BOT_TOKEN begins with xoxb-"),
        ({"BOT_TOKEN": "xoxb-1", "APP_TOKEN": "xoxb-1"}, "APP_TOKEN begins with xapp-"),
        ({"BOT_TOKEN": "xoxb-1"}, "no way in"),
        ({"SIGNING_SECRET": "s"}, "no way out"),
        ({"CLIENT_ID": "1", "SIGNING_SECRET": "s"}, "go together"),
    ],
)
def test_settings_of_slack_that_do_not_go_together_are_named(
    given: dict[str, str], said: str, tmp_path: Path
) -> None:
    named = {f"SIGNALBOX_SLACK_{name}": value for name, value in given.items()}
    with pytest.raises(UserError, match=said):
        load_settings(named, folder=tmp_path)


def test_a_bot_token_and_one_way_in_make_slack(tmp_path: Path) -> None:
    given = {"SIGNALBOX_SLACK_BOT_TOKEN": "xoxb-1", "SIGNALBOX_SLACK_APP_TOKEN": "xapp-1"}
    assert load_settings(given, folder=tmp_path).slack
    assert not load_settings({}, folder=tmp_path).slack
