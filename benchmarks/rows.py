"""The rows that the sites' tables are filled with: accounts, sessions, attempts."""

import contextlib
from collections.abc import Iterator

import psycopg
from django.contrib.auth.hashers import get_hasher

PASSWORD = "lima kata yang mudah diingat"
ACCOUNTS_A_FACILITY = 40
# A session's row is this long, whoever signed in.
SESSION_DATA = "eyJ" + "x" * 180

PLACES = """
INSERT INTO facilities_regionaloffice (name) VALUES ('Kedeputian Wilayah V');
INSERT INTO facilities_branchoffice (name, regional_office_id, time_zone)
    SELECT 'Kantor Cabang Cirebon', id, 'Asia/Jakarta' FROM facilities_regionaloffice;
"""
FACILITIES = """
INSERT INTO facilities_facility (code, name, regency, time_zone, branch_office_id, email, contract_active)
    SELECT (10000000 + n)::text, 'Puskesmas ' || n, 'Kab. Cirebon', 'Asia/Jakarta', b.id, 'pkm@example.id', true
    FROM generate_series(1, %(facilities)s) AS n, facilities_branchoffice AS b
"""
ACCOUNTS = """
INSERT INTO accounts_account
    (username, full_name, role, email, state, language, link_serial, password, password_changed_at, created_at,
        facility_id)
    SELECT 'klinik' || n, 'Siti Aminah', 'facility_admin', 'siti@example.id', 'active', 'id', 0, %(password)s,
        now() - interval '30 days', now() - interval '30 days', f.first + n %% %(facilities)s
    FROM generate_series(1, %(accounts)s) AS n, (SELECT min(id) AS first FROM facilities_facility) AS f
"""
DJANGO_USERS = """
INSERT INTO auth_user
    (username, password, is_superuser, is_staff, is_active, first_name, last_name, email, date_joined)
    SELECT 'klinik' || n, %(password)s, false, false, true, 'Siti', 'Aminah', 'siti@example.id', now()
    FROM generate_series(1, %(accounts)s) AS n
"""
# Three rows an account: one live; one ended or, for a quarter of the accounts, live; one ended.
SESSIONS = """
INSERT INTO user_sessions_session
    (session_key, session_data, expire_date, user_id, user_agent, last_activity, ip)
    SELECT left(encode(sha256((a.id || ' ' || row)::text::bytea), 'hex'), 40),
        CASE WHEN live THEN %(data)s ELSE 'ended:signed_out' END,
        CASE WHEN live THEN now() + random() * interval '20 minutes' + interval '10 minutes'
            ELSE now() - random() * interval '3 days' END,
        a.id, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36',
        now() - random() * interval '3 days', '203.0.113.7'
    FROM accounts_account AS a, generate_series(1, 3) AS row,
        LATERAL (SELECT row = 1 OR (row = 2 AND a.id %% 4 = 0) AS live) AS which
    ORDER BY 1
"""
ATTEMPTS = """
INSERT INTO accounts_attempts (key, failures, reserved, streak, version, expires_at)
    SELECT encode(sha256(n::text::bytea), 'hex'), (extract(epoch FROM now()) * 1000000)::bigint, '', 1, 2,
        now() + random() * interval '1 minute' + %(distance)s
    FROM generate_series(1, %(attempts)s) AS n
    ORDER BY 1
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef NOT LIKE 'CREATE UNIQUE%%'"


def add_accounts(database: psycopg.Connection, count: int) -> None:
    """Add active accounts klinik1 to klinik<count>, all with PASSWORD, and their facilities."""
    database.execute(PLACES)
    values = {"facilities": 1 + count // ACCOUNTS_A_FACILITY, "accounts": count, "password": password_hash()}
    with in_bulk(database, "facilities_facility"):
        database.execute(FACILITIES, values)
    with in_bulk(database, "accounts_account"):
        database.execute(ACCOUNTS, values)


def add_django_users(database: psycopg.Connection, count: int) -> None:
    """Add the same accounts to a project that has Django's own users."""
    with in_bulk(database, "auth_user"):
        database.execute(DJANGO_USERS, {"accounts": count, "password": password_hash()})


def add_sessions(database: psycopg.Connection) -> None:
    """Add three sessions for each account, at least one of them live, at least one ended."""
    with in_bulk(database, "user_sessions_session"):
        database.execute(SESSIONS, {"data": SESSION_DATA})


def add_attempts(database: psycopg.Connection, count: int, distance: str) -> None:
    """Add counters of attempts that nobody will ask for; they count no more after `distance`, such as "1 hour"."""
    with in_bulk(database, "accounts_attempts"):
        database.execute(ATTEMPTS, {"attempts": count, "distance": distance})


@contextlib.contextmanager
def in_bulk(database: psycopg.Connection, table: str) -> Iterator[None]:
    """Make a table's indexes after it was filled and look up no foreign keys: keeping them up takes minutes."""
    indexes = database.execute(INDEXES, [table]).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    database.execute(
        "SET session_replication_role = replica; SET maintenance_work_mem = '256MB'; SET work_mem = '256MB'"
    )
    yield
    database.execute("RESET ALL")
    for _, definition in indexes:
        database.execute(definition)
    database.execute(f"VACUUM ANALYZE {table}")
    database.execute("CHECKPOINT")  # else it would be written to disk while something is measured


def password_hash() -> str:
    hasher = get_hasher()
    return hasher.encode(PASSWORD, hasher.salt())
