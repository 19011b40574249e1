"""`manage.py maintenance`: what operators type, what they are told, how it ends."""

import json
import os
import platform
import re
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from maintenance.board import propagation
from maintenance.models import Closure, ClosureEvent, Revision, WebProcess
from maintenance.text.zones import ZONES
from tests.support.board.boards import put_outage
from tests.support.board.commands import (
    answer,
    assert_one_sentence,
    database_url,
    facts,
    failure,
    refusal,
    start,
    typed,
)
from tests.support.board.sites import HEADERS, seconds_until
from tests.support.clock import Clock
from tests.support.present import present
from tests.support.servers.faults import TcpProxy
from tests.support.servers.servers import PostgreSQL

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=ZONES["WIB"])
MACHINE = platform.node()
DISTURBED = "; meanwhile users of an open portal read that the service is disturbed."
BOUND = 15  # seconds, start-up and a slow machine included; the command itself gives up after less than ten
pytestmark = [pytest.mark.django_db, pytest.mark.moment(NOW)]


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgreSQL]:
    """A migrated database that no web process looks at."""
    with PostgreSQL() as server:
        assert typed("migrate", "--no-input", "-v", "0", DATABASE_URL=server.url) == (0, "", "")
        yield server


@pytest.fixture
def alone(own_server: PostgreSQL) -> PostgreSQL:
    """The same, with no closing in it."""
    with psycopg.connect(own_server.url) as connected:
        connected.execute("TRUNCATE maintenance_closure CASCADE")
    return own_server


def is_closed(server: PostgreSQL) -> bool:
    with psycopg.connect(server.url) as connected:
        return connected.execute("SELECT count(*) FROM maintenance_closure WHERE ends_at IS NULL").fetchone() == (1,)


def do(action: str, *words: str) -> str:
    return answer("maintenance", action, *words, "--no-wait")


def web_process(name: str, seen: float = 0, revision: int = 10**18) -> None:
    """Note a web process that was seen so many seconds ago; by default it takes over whatever comes."""
    seen_at = Now() - timedelta(seconds=seen)
    WebProcess.objects.create(name=name, revision=revision, seen_at=seen_at)


# What it says


def test_on_closes_the_portal_and_says_when_it_opens(clock: Clock) -> None:
    said = do("on", "--until", "04:00", "--message", "Basis data dipindahkan.")
    assert said.splitlines() == [
        f"The portal is closed: closing #{Closure.objects.get().pk}, "
        "since Mon 23 Nov 2026 01:00 WIB (02:00 WITA, 03:00 WIT).",
        "It opens by itself at Mon 23 Nov 2026 04:00 WIB (05:00 WITA, 06:00 WIT), in 3h.",
        "manage.py maintenance extend TIME moves the end, manage.py maintenance off opens now.",
        f"Asked for by {ClosureEvent.objects.get().by}.",
        "Message: “Basis data dipindahkan.”",
    ]


@pytest.mark.parametrize(
    ("words", "begin", "end"),
    [
        ([], (1, 0), None),
        (["--until", "+2h"], (1, 0), (3, 0)),
        (["--until", "04:00 WITA"], (1, 0), (3, 0)),
        (["--until", "04:00", "--zone", "wit"], (1, 0), (2, 0)),
        (["--until", "2026-11-23 05:30"], (1, 0), (5, 30)),
        (["--in", "15m"], (1, 15), None),
        (["--in", "+1h", "--until", "+2h"], (2, 0), (4, 0)),
        (["--in", "90m", "--until", "02:31"], (2, 30), (2, 31)),
    ],
)
def test_on_takes_times_in_all_their_forms(
    clock: Clock, words: list[str], begin: tuple[int, int], end: tuple[int, int] | None
) -> None:
    do("on", *words)
    closure = Closure.objects.get()
    assert closure.starts_at == NOW.replace(hour=begin[0], minute=begin[1])
    assert closure.ends_at == (end and NOW.replace(hour=end[0], minute=end[1]))


def test_on_without_an_end_says_how_to_open(clock: Clock) -> None:
    said = do("on")
    assert "It does not open by itself; to open it: manage.py maintenance off.\n" in said
    assert "manage.py maintenance extend TIME gives it an end." in said
    assert f"Message: none; manage.py maintenance message TEXT --number {Closure.objects.get().pk} gives one." in said


def test_what_is_planned_says_how_long_it_lasts(clock: Clock) -> None:
    assert "It opens by itself at Mon 23 Nov 2026 02:45 WIB (03:45 WITA, 04:45 WIT), 1h30m later." in do(
        "on", "--in", "15m", "--until", "+1h30m"
    )
    do("cancel")
    assert "It does not open by itself; to open it: manage.py maintenance off." in do("on", "--in", "15m")


def test_on_twice_says_that_nothing_was_changed(clock: Clock) -> None:
    do("on", "--until", "04:00")
    assert do("on", "--until", "04:00").endswith("It was so already; nothing was changed.\n")
    assert Closure.objects.count() == ClosureEvent.objects.count() == 1


def test_off_opens_and_says_what_is_planned(clock: Clock) -> None:
    do("schedule", "--from", "2026-11-24 22:00", "--until", "02:00")
    do("on", "--until", "04:00")
    planned = f"Planned:\n  #{Closure.objects.get(starts_at__gt=NOW).pk} from Tue 24 Nov 2026 22:00 WIB"
    clock.shift(1)
    assert do("off").startswith(f"The portal is open.\n{planned}")
    clock.shift(1)
    assert do("off").startswith(f"The portal was open already; nothing was changed.\n{planned}")


def test_schedule_reads_the_end_from_the_beginning(clock: Clock) -> None:
    do("schedule", "--from", "22:00", "--until", "02:00", "--message", "Basis data")
    closure = Closure.objects.get()
    assert closure.starts_at == NOW.replace(hour=22)
    assert closure.ends_at == NOW.replace(day=24, hour=2)
    do("schedule", "--from", "+1h", "--until", "+2h")
    assert Closure.objects.get(message="").ends_at == NOW + timedelta(hours=3)
    said = do("schedule", "--from", "22:00", "--until", "02:00")
    assert "It was so already" in said
    assert (
        f"manage.py maintenance extend TIME --number {closure.pk} moves its end, "
        f"manage.py maintenance cancel {closure.pk} cancels it." in said
    )


@pytest.mark.parametrize("words", [["+30m"], ["--until", "+30m"], ["02:30"]])
def test_extend_moves_the_end(clock: Clock, words: list[str]) -> None:
    do("on", "--until", "02:00")
    assert "It opens by itself at Mon 23 Nov 2026 02:30 WIB" in do("extend", *words)
    assert Closure.objects.get().ends_at == NOW.replace(hour=2, minute=30)


@pytest.mark.parametrize(
    "words", [["-1h"], ["--json", "-1h"], ["-1h", "--json"], ["--until", "-1h"], ["--until=-1h"], ["--no-wait", "-1h"]]
)
def test_extend_moves_the_end_to_earlier_wherever_the_minus_stands(clock: Clock, words: list[str]) -> None:
    do("on", "--until", "04:00")
    do("extend", *words)
    assert Closure.objects.get().ends_at == NOW.replace(hour=3)


def test_extend_does_not_move_an_end_into_the_past(clock: Clock) -> None:
    do("on", "--until", "02:00")
    sentence = refusal("maintenance", "extend", "-1h")
    assert "is in the past; open the portal now with: manage.py maintenance off." in sentence
    do("extend", "-59m")
    assert Closure.objects.get().ends_at == NOW + timedelta(minutes=1)
    do("schedule", "--from", "22:00", "--until", "23:00")
    number = str(Closure.objects.get(starts_at__gt=NOW).pk)
    assert "is not after the beginning" in refusal("maintenance", "extend", "-1h", "--number", number)


def test_extend_to_earlier_counts_from_the_end_so_one_without_an_end_has_none(clock: Clock) -> None:
    do("on")
    assert "is in the past" in refusal("maintenance", "extend", "-1h")
    assert Closure.objects.get().ends_at is None


def test_extend_moves_a_planned_one_by_its_number(clock: Clock) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00")
    do("extend", "+30m", "--number", f"#{Closure.objects.get().pk}")
    assert Closure.objects.get().ends_at == NOW.replace(hour=23, minute=30)


def test_message_changes_what_users_read_now(clock: Clock) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00", "--message", "Jaringan")
    do("on", "--until", "04:00", "--message", "Basis data dipindakan.")
    said = do("message", "Basis data dipindahkan.")
    assert "Message: “Basis data dipindahkan.”\n" in said and "nothing was changed" not in said
    closure, event = Closure.objects.get(starts_at=NOW), present(ClosureEvent.objects.first())
    assert (closure.message, closure.ends_at) == ("Basis data dipindahkan.", NOW.replace(hour=4))
    assert (event.kind, event.closure, event.message) == ("reworded", closure, "Basis data dipindahkan.")
    assert f"#{closure.pk} message changed by {event.by}" in answer("maintenance", "status")
    assert Closure.objects.get(starts_at__gt=NOW).message == "Jaringan"


def test_the_same_message_again_is_harmless(clock: Clock) -> None:
    do("on", "--message", "Basis data")
    assert do("message", " Basis  data ").endswith("It was so already; nothing was changed.\n")
    assert ClosureEvent.objects.count() == 1


def test_an_empty_message_takes_it_away(clock: Clock) -> None:
    do("on", "--message", "Basis data")
    assert "Message: none; " in do("message", "")
    assert Closure.objects.get().message == ""
    assert do("message", "").endswith("nothing was changed.\n")


def test_while_the_portal_is_open_the_message_is_that_of_the_only_planned_closing(
    clock: Clock,
) -> None:
    assert "there is no message to change" in refusal("maintenance", "message", "Basis data")
    do("schedule", "--from", "22:00", "--until", "23:00")
    do("message", "Basis data")
    assert Closure.objects.get().message == "Basis data"
    do("schedule", "--from", "2026-11-24 22:00", "--until", "+1h", "--message", "Jaringan")
    first, second = Closure.objects.order_by("starts_at")
    sentence = refusal("maintenance", "message", "Listrik")
    assert f"#{first.pk} from Mon 23 Nov" in sentence and f"#{second.pk} from Tue 24 Nov" in sentence
    do("message", "Listrik", "--number", f"#{second.pk}")
    assert [closure.message for closure in Closure.objects.order_by("starts_at")] == ["Basis data", "Listrik"]


def test_the_message_of_what_is_over_or_cancelled_stays(clock: Clock) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00", "--message", "Jaringan")
    do("cancel")
    do("on", "--until", "02:00", "--message", "Basis data")
    clock.shift(3600)
    for closure, fate in zip(Closure.objects.order_by("starts_at"), ("over", "cancelled"), strict=True):
        sentence = refusal("maintenance", "message", "Listrik", "--number", str(closure.pk))
        assert sentence.endswith(f" is {fate}: its message cannot be changed.")
    assert not Closure.objects.filter(message="Listrik").exists()


def test_a_message_that_begins_with_a_minus_and_a_digit_is_a_message(clock: Clock) -> None:
    do("on", "--message", "-18 °C")
    assert Closure.objects.get().message == "-18 °C"
    do("message", "-20 °C")
    assert Closure.objects.get().message == "-20 °C"


def test_cancel_says_what_it_cancelled(clock: Clock) -> None:
    assert do("cancel") == "No closing is planned; there is nothing to cancel.\n"
    do("schedule", "--from", "22:00", "--until", "23:00", "--message", "Basis data")
    number = Closure.objects.get().pk
    said = do("cancel")
    assert said.startswith(f"Closing #{number} from Mon 23 Nov 2026 22:00 WIB")
    assert said.endswith(": “Basis data” is cancelled.\n")
    assert "was cancelled already; nothing was changed" in do("cancel", str(number))


def test_status_says_open_when_there_is_nothing() -> None:
    assert answer("maintenance", "status") == "The portal is open.\n"
    assert facts("maintenance", "status") == {
        "action": "status",
        "changed": False,
        "closure": None,
        "portal": "open",
        "planned": [],
        "open_outages": [],
        "events": [],
        "taken_over": None,
    }


def test_status_counts_the_outages_that_are_open() -> None:
    first, second = put_outage("Masuk lambat"), put_outage("Surat terlambat", part="letters")
    assert answer("maintenance", "status") == "The portal is open.\n2 outages are open: manage.py outage list.\n"
    assert sorted(facts("maintenance", "status")["open_outages"]) == [first.pk, second.pk]
    answer("outage", "close", str(first.pk), "--no-wait")
    assert answer("maintenance", "status") == "The portal is open.\n1 outage is open: manage.py outage list.\n"
    assert facts("maintenance", "status")["open_outages"] == [second.pk]
    answer("outage", "close", "--no-wait")
    assert answer("maintenance", "status") == "The portal is open.\n"


def test_status_says_who_why_since_until_what_is_planned_and_what_was_done(clock: Clock) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00", "--message", "Jaringan")
    do("on", "--until", "02:00", "--message", "Basis data")
    for _ in range(4):
        do("extend", "+5m")
    first, opens, *rest = answer("maintenance", "status").splitlines()
    assert first.endswith(", since Mon 23 Nov 2026 01:00 WIB (02:00 WITA, 03:00 WIT).")
    assert opens == "It opens by itself at Mon 23 Nov 2026 02:20 WIB (03:20 WITA, 04:20 WIT), in 1h20m."
    by = present(ClosureEvent.objects.first()).by
    assert rest[1:4] == [f"Asked for by {by}.", "Message: “Basis data”", "Planned:"]
    assert rest[4].endswith(": “Jaringan”")
    assert rest[5] == "Lately:"
    assert ["end moved until" in line for line in rest[6:]] == [True] * 4 + [False]
    assert all(f"by {by}" in line for line in rest[6:])


# For programs


def test_json_is_one_object_with_moments_that_name_their_offset(clock: Clock) -> None:
    said = facts("maintenance", "on", "--until", "04:00", "--message", "Basis “data”", "--no-wait")
    number = Closure.objects.get().pk
    closure = {
        "number": number,
        "starts_at": "2026-11-23T01:00:00+07:00",
        "ends_at": "2026-11-23T04:00:00+07:00",
        "message": "Basis “data”",
        "cancelled": False,
    }
    expected: dict[str, Any] = {"closure": closure, "portal": "closed", "planned": [], "taken_over": None}
    assert said == {"action": "on", "changed": True, **expected}
    assert facts("maintenance", "on", "--no-wait") == {"action": "on", "changed": False, **expected}


def test_json_tells_planned_cancelled_and_open(clock: Clock) -> None:
    said = facts("maintenance", "schedule", "--from", "22:00", "--until", "23:00", "--no-wait")
    assert (said["portal"], said["planned"]) == ("open", [said["closure"]])
    assert said["closure"]["ends_at"] == "2026-11-23T23:00:00+07:00"
    said = facts("maintenance", "cancel", "--no-wait")
    assert (said["closure"]["cancelled"], said["planned"]) == (True, [])
    assert facts("maintenance", "off", "--no-wait")["closure"] is None


def test_json_status_has_the_events(clock: Clock) -> None:
    do("on", "--until", "02:00")
    event = facts("maintenance", "status")["events"][0]
    assert (event["kind"], event["by"]) == ("closed", ClosureEvent.objects.get().by)
    assert event["ends_at"] == "2026-11-23T02:00:00+07:00"


# Refusals

REFUSALS = {
    "end_in_past": (["on", "--until", "2026-11-22 23:00"], "Sun 22 Nov 2026 23:00 WIB"),
    "unknown_time": (["on", "--until", "soon"], "'soon' is no time"),
    "impossible_time": (["on", "--until", "25:00"], "hours go from 00 to 23"),
    "unknown_duration": (["on", "--in", "02:00"], "possible are 15m, 2h"),
    "duration_too_long": (["on", "--in", "9" * 400 + "d"], "longer than 366 days"),
    "unknown_zone": (["on", "--zone", "CET"], "'CET' is no zone; possible are WIB, WITA, WIT."),
    "message_too_long": (["on", "--message", "x" * 301], "has 301 characters; at most 300"),
    "overlap": (["schedule", "--from", "22:30", "--until", "23:30"], "Mon 23 Nov 2026 22:00 WIB"),
    "end_before_start": (["schedule", "--from", "2026-11-24 10:00", "--until", "2026-11-24 10:00"], "not after"),
    "start_in_past": (["schedule", "--from", "2026-11-23 00:00", "--until", "+1h"], "maintenance on"),
    "too_far_ahead": (["schedule", "--from", "2028-11-24 00:00", "--until", "+1h"], "more than 366 days ahead"),
    "too_long": (["schedule", "--from", "2026-11-25 00:00", "--until", "+32d"], "longer than 31 days"),
    "not_closed": (["extend", "+1h"], "name a planned closing with --number"),
    "unknown_number": (["cancel", "999999999"], "no closing #999999999"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_one_sentence_and_changes_nothing(clock: Clock, code: str) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00")
    before = list(Closure.objects.values())
    words, reason = REFUSALS[code]
    sentence = refusal("maintenance", *words)
    assert reason in sentence
    assert "\n" not in sentence and sentence.endswith(".")
    assert list(Closure.objects.values()) == before
    assert ClosureEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (["on"], "Either end before it with an earlier --until, or cancel that one: manage.py maintenance cancel {}."),
        (["on", "--until", "22:30"], "Either end before it with an earlier --until, or cancel that one"),
        (["schedule", "--from", "22:30", "--until", "23:30"], "Either begin after it, or cancel that one"),
        (
            ["schedule", "--from", "22:00", "--until", "23:00", "--message", "Jaringan"],
            "to change what it says, manage.py maintenance message TEXT --number {}.",
        ),
    ],
)
def test_an_overlap_with_a_planned_closing_says_what_can_be_done(clock: Clock, words: list[str], way: str) -> None:
    do("schedule", "--from", "22:00", "--until", "23:00")
    assert way.format(Closure.objects.get().pk) in refusal("maintenance", *words)


def test_an_overlap_with_the_present_closing_does_not_speak_of_cancelling_it(clock: Clock) -> None:
    do("on", "--until", "04:00")
    sentence = refusal("maintenance", "schedule", "--from", "03:00", "--until", "05:00")
    assert "manage.py maintenance extend TIME moves its end, manage.py maintenance off opens" in sentence
    assert "cancel" not in sentence


@pytest.mark.django_db(transaction=True)
def test_a_refusal_exits_with_1_and_says_so_to_programs_too() -> None:
    words = ["maintenance", "on", "--until", "02:00 CET"]
    sentence = "'CET' is no zone; possible are WIB, WITA, WIT."
    assert typed(*words) == (1, "", f"CommandError: {sentence}\n")
    code, out, err = typed(*words, "--json")
    assert (code, err) == (1, f"CommandError: {sentence}\n")
    assert json.loads(out) == {"error": {"code": "unknown_zone", "message": sentence}}


@pytest.mark.django_db(transaction=True)
def test_each_step_of_a_night_by_its_exit_code() -> None:
    assert typed("maintenance", "on", "--until", "+2h", "--no-wait")[::2] == (0, "")
    assert_one_sentence(typed("maintenance", "on", "--until", "+3h"), "closed already until", "maintenance extend")
    assert typed("maintenance", "extend", "+1h", "--no-wait")[::2] == (0, "")
    assert typed("maintenance", "extend", "-1h", "--no-wait")[::2] == (0, "")
    assert typed("maintenance", "extend", "--no-wait", "--json", "-30m")[::2] == (0, "")
    assert_one_sentence(typed("maintenance", "extend", "-2h"), "is in the past", "manage.py maintenance off")
    assert typed("maintenance", "message", "Basis data", "--no-wait")[::2] == (0, "")
    assert typed("maintenance", "message", "", "--no-wait")[::2] == (0, "")
    assert_one_sentence(typed("maintenance", "cancel", str(Closure.objects.get().pk)), "maintenance off")
    assert typed("maintenance", "off", "--no-wait") == (0, "The portal is open.\n", "")
    assert typed("maintenance", "off") == (0, "The portal was open already; nothing was changed.\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["schedule", "--from", "22:00"],
        ["extend"],
        ["extend", "+1h", "--until", "+1h"],
        ["cancel", "seven"],
        ["extend", "-x"],
        ["message"],
    ],
)
def test_what_the_command_does_not_know_is_usage(words: list[str]) -> None:
    code, out, err = typed("maintenance", *words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: manage.py maintenance")


def test_without_an_action_it_shows_its_help() -> None:
    code, out, err = typed("maintenance")
    assert (code, out) == (2, "")
    assert "examples:" in err


def test_help_teaches() -> None:
    code, out, err = typed("maintenance", "--help")
    assert (code, err) == (0, "")
    for action in ("on", "off", "schedule", "extend", "message", "cancel", "status"):
        assert f"\n    {action} " in out
    for words in (
        "the portal opens",
        "+1h30m",
        '"02:00 WITA"',
        "exit codes:\n  0 ",
        "  130 ",
        "maintenance extend -1h",
    ):
        assert words in out
    assert max(map(len, out.splitlines())) <= 120


def test_help_of_an_action_has_its_options_and_the_forms_of_times() -> None:
    _, out, _ = typed("maintenance", "schedule", "--help")
    for words in ("--from TIME", "--until TIME", "--zone", "--json", "--no-wait", "+1h30m", "exit codes:"):
        assert words in out


def test_help_of_extend_shows_that_an_end_can_come_earlier() -> None:
    _, out, _ = typed("maintenance", "extend", "--help")
    for words in ("+30m and -30m count from the present end", "-30m -2h -1h30m -1d    so much earlier"):
        assert words in out


@pytest.mark.django_db(transaction=True)
def test_a_terminal_that_cannot_show_all_signs_is_no_reason_to_fail() -> None:
    code, out, err = typed("maintenance", "on", "--message", "Basis “data”", "--no-wait", PYTHONIOENCODING="ascii")
    assert (code, err) == (0, "")
    assert Closure.objects.get().message == "Basis “data”"


# Who


def test_the_user_of_the_system_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    do("on")
    assert ClosureEvent.objects.get().by == f"root@{MACHINE}"


def test_who_has_used_sudo_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "budi")
    monkeypatch.setattr(os, "getuid", lambda: 0)
    do("on")
    assert ClosureEvent.objects.get().by == f"budi (root)@{MACHINE}"


def test_a_user_without_a_name_is_written_down_as_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    do("on")
    assert ClosureEvent.objects.get().by == f"uid 54321@{MACHINE}"


# Whether web processes have taken it over


def test_on_waits_for_all_four_web_processes(site: str) -> None:
    seconds_until(lambda: WebProcess.objects.count() >= 4)
    said = answer("maintenance", "on", "--until", "+2h")
    assert "Taken over by 4 web processes within " in said
    assert {httpx.get(f"{site}/masuk/", headers=HEADERS).status_code for _ in range(20)} == {503}
    taken = facts("maintenance", "off")["taken_over"]
    assert (taken["processes"], taken["late"]) == (4, [])
    assert 0 <= taken["seconds"] < 2
    assert {httpx.get(f"{site}/masuk/", headers=HEADERS).status_code for _ in range(20)} == {200}


def test_no_web_process_is_a_failure_but_the_closing_is_stored(alone: PostgreSQL) -> None:
    began = time.monotonic()
    result = typed("maintenance", "on", DATABASE_URL=alone.url)
    assert_one_sentence(result, "It is stored, but no web process took it over within 5 s", "--no-wait")
    assert 5 <= time.monotonic() - began < BOUND
    assert is_closed(alone)
    assert typed("maintenance", "off", "--no-wait", DATABASE_URL=alone.url) == (0, "The portal is open.\n", "")


def test_programs_are_told_what_was_stored_too() -> None:
    web_process("web1:1", seen=13)
    said = failure("maintenance", "on")
    assert said["error"]["code"] == "not_taken_over"
    assert (said["changed"], said["portal"], said["taken_over"]) == (True, "closed", None)
    assert said["closure"]["number"] == Closure.objects.get().pk


def test_one_process_is_one() -> None:
    web_process("web1:1")
    assert "Taken over by 1 web process within 0." in answer("maintenance", "on")


@pytest.mark.parametrize(("seen", "is_missed"), [(11, True), (13, False)])
def test_who_was_seen_lately_is_missed_by_name(
    capsys: pytest.CaptureFixture[str], seen: float, is_missed: bool
) -> None:
    web_process("web1:1")
    web_process("web2:7", seen=seen, revision=1)
    said = answer("maintenance", "on")
    assert "Taken over by 1 web process within " in said
    warning = capsys.readouterr().err
    # Five seconds after it was seen eleven seconds ago; a busy machine takes somewhat longer.
    assert bool(re.search(r"web2:7 \(last seen (1[6-9]|2\d) s ago\)", warning)) == is_missed
    assert (warning == "") != is_missed


def test_what_changes_nothing_waits_for_nobody() -> None:
    do("on")
    began = time.monotonic()
    assert "Taken over" not in answer("maintenance", "on")
    assert time.monotonic() - began < propagation.PATIENCE


def test_ctrl_c_while_waiting_says_that_it_is_stored(alone: PostgreSQL) -> None:
    process = start("maintenance", "on", DATABASE_URL=alone.url)
    seconds_until(lambda: is_closed(alone))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=BOUND)
    assert_one_sentence((process.returncode, out, err), "Stopped; it is stored", code=130)
    assert is_closed(alone)


# A database that cannot be asked


def test_a_database_that_was_not_migrated_is_said_with_what_to_do(alone: PostgreSQL) -> None:
    with psycopg.connect(alone.url, autocommit=True) as connected:
        connected.execute("CREATE DATABASE fresh")
    fresh = alone.url.rpartition("/")[0] + "/fresh"
    for action in ("on", "status"):
        result = typed("maintenance", action, DATABASE_URL=fresh)
        assert_one_sentence(result, "has not been migrated; run: manage.py migrate")


@pytest.mark.parametrize(
    ("action", "what"), [("on", "could not be stored, nothing was changed"), ("status", "could not be read")]
)
def test_a_killed_database_is_said_in_one_sentence(alone: PostgreSQL, action: str, what: str) -> None:
    alone.kill()
    began = time.monotonic()
    result = typed("maintenance", action, DATABASE_URL=alone.url)
    assert time.monotonic() - began < BOUND
    assert_one_sentence(result, what, "the database does not answer", "Connection refused", DISTURBED)
    alone.start()
    assert not is_closed(alone)


@pytest.mark.django_db(transaction=True)
def test_a_stalled_database_does_not_hang_the_command() -> None:
    with TcpProxy(os.environ["DATABASE_URL"]) as proxy:
        proxy.stall()
        began = time.monotonic()
        result = typed("maintenance", "on", DATABASE_URL=database_url(proxy.url))
        assert time.monotonic() - began < BOUND
    assert_one_sentence(result, "nothing was changed: the database does not answer", DISTURBED)
    assert not Closure.objects.exists()


def test_a_database_that_stalls_after_the_change_is_not_called_unchanged(alone: PostgreSQL) -> None:
    with TcpProxy(alone.url) as proxy:
        process = start("maintenance", "on", DATABASE_URL=proxy.url)
        seconds_until(lambda: is_closed(alone))
        time.sleep(0.5)  # the command waits for web processes now
        proxy.stall()
        began = time.monotonic()
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - began < BOUND
    assert_one_sentence((process.returncode, out, err), "It is stored, but whether", "is not known")


@pytest.mark.django_db(transaction=True)
def test_another_change_that_takes_too_long_is_said() -> None:
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            Revision.hold()
            held.set()
            done.wait(30)
        connection.close()

    other = Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        result = typed("maintenance", "on")
        assert_one_sentence(result, "nothing was changed: another change is under way, try again")
        assert DISTURBED not in result[2]
    finally:
        done.set()
        other.join()
    assert not Closure.objects.exists()
