"""The embedded mode as a new user meets it: two commands, no service, nothing left behind."""

import stat
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.support.servers.embedded import EmbeddedSite, MakeRun


def test_it_prints_the_address_and_the_accounts(embedded: EmbeddedSite) -> None:
    assert f"{embedded.url}/masuk/" in embedded.printed
    rows = embedded.accounts()
    assert list(rows[0]) == ["username", "password", "facility", "role", "email"]
    for row in rows:
        assert row["username"] in embedded.printed and row["password"] in embedded.printed
        assert len(row["password"]) >= 15
    assert len({row["password"] for row in rows}) == len(rows) == 26


def test_its_secrets_are_readable_by_their_owner_only(embedded: EmbeddedSite) -> None:
    for name in ("accounts.csv", "secret_key"):
        assert stat.S_IMODE((embedded.folder / "var" / name).stat().st_mode) == 0o600


def test_it_listens_on_this_machine_only(embedded: EmbeddedSite) -> None:
    port = int(embedded.url.rpartition(":")[2])
    connections = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN"]
    listening = {c.laddr.ip for c in connections if c.laddr and c.laddr.port == port}
    assert listening == {"127.0.0.1"}


def test_demonstration_data_is_what_it_should_be(embedded: EmbeddedSite) -> None:
    def count(table: str) -> int:
        return embedded.query(f"SELECT count(*) FROM {table}")[0][0]

    assert count("facilities_regionaloffice") == 2
    assert count("facilities_branchoffice") == 3
    assert count("facilities_facility") == 12
    assert count("accounts_account") == 26
    zones = embedded.query("SELECT DISTINCT time_zone FROM facilities_facility")
    assert len(zones) == 3
    assert embedded.query("SELECT count(*) FROM accounts_account WHERE password NOT LIKE 'argon2$argon2id%'") == [(0,)]


def test_its_letters_are_read_in_the_browser(embedded: EmbeddedSite) -> None:
    assert httpx.get(f"{embedded.url}/surat-uji/").status_code == 200


def test_a_second_start_reuses_everything_and_ctrl_c_stops_all(embedded: EmbeddedSite, project_copy: Path) -> None:
    before = (project_copy / "var/accounts.csv").read_bytes()
    second = MakeRun(project_copy)
    site = second.wait()
    children = psutil.Process(second.process.pid).children(recursive=True)
    assert "Traceback" not in second.interrupt()
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert "Installing" not in site.printed
    assert (project_copy / "var/accounts.csv").read_bytes() == before


def test_a_taken_port_is_one_clear_sentence(embedded: EmbeddedSite) -> None:
    port = embedded.url.rpartition(":")[2]
    again = ["make", "run", f"PORT={port}", f"PYTHON={sys.executable}"]
    run = subprocess.run(again, cwd=embedded.folder, capture_output=True, text=True)
    assert run.returncode != 0
    assert f"Port {port} is already in use" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
