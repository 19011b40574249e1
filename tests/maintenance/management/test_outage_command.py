"""`manage.py outage`: publishing what is disturbed from the command line."""

from datetime import datetime, timedelta

import httpx
import pytest
from django.utils import translation

from maintenance.models import Outage, OutageUpdate, WebProcess
from maintenance.text.times import show
from maintenance.text.zones import ZONES
from tests.support.board.commands import answer, assert_one_sentence, facts, refusal, typed
from tests.support.board.sites import HEADERS, seconds_until
from tests.support.clock import Clock
from tests.support.present import present

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=ZONES["WIB"])
OPEN = ["open", "Masuk lambat", "--text", "Sedang diperiksa."]
BEGIN = "to publish one: manage.py outage open TITLE --text TEXT."
pytestmark = [pytest.mark.django_db, pytest.mark.moment(NOW)]


def do(*words: str) -> str:
    return answer("outage", *words, "--no-wait")


# Opening


def test_open_publishes_the_outage_and_shows_it(clock: Clock) -> None:
    said = do(*OPEN, "--part", "sign_in", "--impact", "critical", "--since", "-30m", "--next", "+1h")
    outage, update = Outage.objects.get(), OutageUpdate.objects.get()
    assert (outage.title, outage.part, outage.impact) == ("Masuk lambat", "sign_in", "critical")
    assert outage.started_at == NOW - timedelta(minutes=30)
    assert (update.text, update.state) == ("Sedang diperiksa.", "investigating")
    assert update.next_update_at == NOW + timedelta(hours=1)
    assert said.splitlines() == [
        f"#{outage.pk} “Masuk lambat”: sign_in, critical, since Mon 23 Nov 2026 01:30 WIB (02:30 WITA, 03:30 WIT).",
        f"  Mon 23 Nov 2026 02:00 WIB (03:00 WITA, 04:00 WIT), investigating, by {update.by}: Sedang diperiksa. "
        "Next update: Mon 23 Nov 2026 03:00 WIB (04:00 WITA, 05:00 WIT).",
    ]


def test_without_options_everything_is_disturbed_from_now(clock: Clock) -> None:
    do(*OPEN)
    outage = Outage.objects.get()
    assert (outage.part, outage.impact, outage.started_at) == ("everything", "major", NOW)
    assert OutageUpdate.objects.get().next_update_at is None


@pytest.mark.parametrize(
    ("since", "hours"),
    [("-2h", 2), ("01:00", 1), ("02:00", 0), ("02:01", 24 - 1 / 60), ("03:00 WITA", 0), ("2026-11-22 02:00", 24)],
)
def test_since_is_in_the_past(clock: Clock, since: str, hours: float) -> None:
    do(*OPEN, "--since", since)
    assert NOW - Outage.objects.get().started_at == timedelta(hours=hours)


def test_the_zone_is_that_of_since_and_next(clock: Clock) -> None:
    do(*OPEN, "--zone", "WIT", "--since", "04:00", "--next", "04:01")
    assert Outage.objects.get().started_at == NOW
    assert OutageUpdate.objects.get().next_update_at == NOW + timedelta(minutes=1)


def test_it_can_begin_with_a_state(clock: Clock) -> None:
    do(*OPEN, "--state", "identified")
    assert OutageUpdate.objects.get().state == "identified"


@pytest.mark.parametrize("title", ["Masuk lambat", " masuk  LAMBAT "])
def test_opening_the_very_same_again_is_harmless_and_says_how_to_tell_more(clock: Clock, title: str) -> None:
    first = facts("outage", *OPEN, "--no-wait")["outage"]
    assert answer("outage", "open", title, "--text", "Masih diperiksa.") == (
        f"Outage {first['number']} says so already; nothing was changed. "
        f"To tell more: manage.py outage update {first['number']} --text …\n"
    )
    again = facts("outage", "open", title, "--text", "Masih diperiksa.")
    assert again == {"action": "open", "changed": False, "outage": first, "taken_over": None}
    assert Outage.objects.count() == OutageUpdate.objects.count() == 1


def test_the_same_title_for_another_part_or_after_the_end_is_another_outage(clock: Clock) -> None:
    do(*OPEN)
    do(*OPEN, "--part", "letters")
    do("close", str(Outage.objects.get(part="everything").pk))
    do(*OPEN)
    assert Outage.objects.count() == 3


# Telling more, ending


def test_update_adds_to_the_only_open_one(clock: Clock) -> None:
    do(*OPEN)
    clock.shift(60)
    said = do("update", "--text", "Penyebabnya ditemukan.", "--state", "identified", "--next", "04:00 WIT")
    newest = present(OutageUpdate.objects.first())
    assert (newest.state, newest.next_update_at) == ("identified", NOW + timedelta(hours=24))
    assert [line.split(": ")[-1] for line in said.splitlines()[1:]][1] == "Sedang diperiksa."


def test_update_without_a_state_keeps_it(clock: Clock) -> None:
    do(*OPEN, "--state", "monitoring")
    clock.shift(60)
    do("update", "--text", "Masih diamati.")
    assert {update.state for update in OutageUpdate.objects.all()} == {"monitoring"}


def test_of_several_one_is_named_by_its_number(clock: Clock) -> None:
    do(*OPEN)
    do("open", "Surat terlambat", "--text", "Sedang diperiksa.", "--part", "letters")
    first, second = Outage.objects.order_by("pk")
    for words in (["update", "--text", "Masih diperiksa."], ["close"]):
        sentence = refusal("outage", *words)
        assert f"#{first.pk} “Masuk lambat”" in sentence and f"#{second.pk} “Surat terlambat”" in sentence
    do("update", f"#{second.pk}", "--text", "Masih diperiksa.")
    assert (first.updates.count(), second.updates.count()) == (1, 2)
    do("close", str(first.pk))
    assert Outage.objects.get(ended_at=None) == second


def test_close_says_to_users_that_it_is_over_in_their_language(clock: Clock) -> None:
    do(*OPEN)
    clock.shift(60)
    said = do("close")
    assert Outage.objects.get().ended_at == NOW + timedelta(minutes=1)
    newest = present(OutageUpdate.objects.first())
    with translation.override("id"):
        assert newest.text == translation.gettext("The outage is over.")
    assert newest.state == "resolved"
    assert f"until {show(NOW + timedelta(minutes=1))}." in said


def test_close_may_say_more(clock: Clock) -> None:
    do(*OPEN)
    do("close", "--text", "Server sudah diganti.")
    assert OutageUpdate.objects.filter(text="Server sudah diganti.", state="resolved").exists()


def test_close_twice_is_harmless(clock: Clock) -> None:
    do(*OPEN)
    number = str(Outage.objects.get().pk)
    do("close", number)
    assert do("close", number).endswith("It was over already; nothing was changed.\n")
    assert do("close") == f"No outage is open, there is nothing to close; {BEGIN}\n"
    assert OutageUpdate.objects.count() == 2


# Listing


def test_list_shows_open_ones_with_their_history_and_marks_what_is_overdue(clock: Clock) -> None:
    assert do("list") == "Nothing is disturbed.\n"
    do(*OPEN, "--next", "+1h")
    clock.shift(3599)
    assert "OVERDUE" not in do("list")
    clock.shift(1)
    assert "  OVERDUE: an update was promised for Mon 23 Nov 2026 03:00 WIB (04:00 WITA, 05:00 WIT)." in do("list")
    do("update", "--text", "Masih diperiksa.")
    said = do("list")
    assert "OVERDUE" not in said
    assert said.index("Masih diperiksa.") < said.index("Sedang diperiksa.")
    do("close")
    assert do("list") == "Nothing is disturbed.\n"


def test_json_is_one_object(clock: Clock) -> None:
    said = facts("outage", *OPEN, "--next", "+1h", "--no-wait")
    update = {
        "at": "2026-11-23T02:00:00+07:00",
        "state": "investigating",
        "text": "Sedang diperiksa.",
        "next_update_at": "2026-11-23T03:00:00+07:00",
        "by": OutageUpdate.objects.get().by,
    }
    outage = {
        "number": Outage.objects.get().pk,
        "title": "Masuk lambat",
        "part": "everything",
        "impact": "major",
        "started_at": "2026-11-23T02:00:00+07:00",
        "ended_at": None,
        "overdue": False,
        "updates": [update],
    }
    assert said == {"action": "open", "changed": True, "outage": outage, "taken_over": None}
    listed = facts("outage", "list")
    assert listed == {"action": "list", "changed": False, "outages": [outage], "taken_over": None}
    clock.shift(3600)
    assert facts("outage", "list")["outages"][0]["overdue"]


# Refusals


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["open", " ", "--text", "x"], "Give the outage a title."),
        (["open", "x" * 121, "--text", "x"], "The title has more than 120 characters."),
        (["open", "x", "--text", "\u202e"], "Say what is known."),
        (["open", "x", "--text", "x" * 1001], "The text has more than 1000 characters."),
        (["open", "x", "--text", "x", "--since", "2026-11-23 02:01"], "cannot begin in the future"),
        (["open", "x", "--text", "x", "--since", "2026-01-01 00:00"], "more than 92 days ago"),
        (["open", "x", "--text", "x", "--since", "+30m"], "possible are"),
        (["open", "x", "--text", "x", "--next", "2026-11-23 02:00"], "next update cannot be in the past"),
        (["open", "x", "--text", "x", "--next", "+31d"], "within 30 days"),
        (["open", "x", "--text", "x", "--next", "02:00 CET"], "'CET' is no zone; possible are WIB, WITA, WIT."),
        (["update", "--text", "x", "--state", "resolved", "--next", "+1h"], "gets no next update"),
        (["update", "999999999", "--text", "x"], "There is no outage #999999999."),
        (["close", "999999999"], "There is no outage #999999999."),
    ],
)
def test_a_refusal_is_an_english_sentence_and_changes_nothing(clock: Clock, words: list[str], reason: str) -> None:
    do(*OPEN)
    sentence = refusal("outage", *words)
    assert reason in sentence and "\n" not in sentence
    assert Outage.objects.count() == OutageUpdate.objects.count() == 1


def test_telling_more_needs_an_open_outage(clock: Clock) -> None:
    assert refusal("outage", "update", "--text", "x") == f"No outage is open; {BEGIN}"
    do(*OPEN)
    number = str(Outage.objects.get().pk)
    do("close")
    assert refusal("outage", "update", number, "--text", "x") == "This outage is already over."


# As a program


@pytest.mark.django_db(transaction=True)
def test_an_outage_by_its_exit_codes() -> None:
    code, out, err = typed("outage", *OPEN, "--since", "-30m", "--no-wait")
    assert (code, err) == (0, "") and "“Masuk lambat”" in out
    code, out, err = typed("outage", *OPEN)
    assert (code, err) == (0, "") and "says so already; nothing was changed." in out
    assert typed("outage", "close", "--no-wait")[::2] == (0, "")
    assert_one_sentence(typed("outage", "update", "--text", "x"), "No outage is open; ", BEGIN)


@pytest.mark.parametrize(
    "words",
    [["open", "x"], ["open", "x", "--text", "x", "--part", "roof"], ["update"], [*OPEN, "--state", "resolved"], ["x"]],
)
def test_what_the_command_does_not_know_is_usage(words: list[str]) -> None:
    code, out, err = typed("outage", *words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: manage.py outage")


def test_help_teaches() -> None:
    code, out, _ = typed("outage", "--help")
    assert code == 0
    for words in ("open", "update", "close", "list", "overdue", "--since -30m", "exit codes:", "+1h30m"):
        assert words in out
    _, out, _ = typed("outage", "open", "--help")
    for words in ("--part {everything,sign_in,letters,administration}", "--impact {minor,major,critical}", "--since"):
        assert words in out
    flowing = " ".join(out.split())
    for default in ("everything", "major", "now", "investigating", "nothing is promised"):
        assert f"default: {default} " in flowing
    _, out, _ = typed("outage", "update", "--help")
    assert "resolved ends it; default: as before" in " ".join(out.split())


def test_web_processes_take_it_over(site: str) -> None:
    seconds_until(lambda: WebProcess.objects.count() >= 4)
    assert "Taken over by 4 web processes within " in answer("outage", *OPEN)
    assert "Masuk lambat" in httpx.get(f"{site}/masuk/", headers=HEADERS).text
    assert facts("outage", "close")["taken_over"]["processes"] == 4
    assert "Masuk lambat" not in httpx.get(f"{site}/masuk/", headers=HEADERS).text
