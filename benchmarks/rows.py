"""The rows that the sites' tables are filled with: accounts, sessions, attempts."""

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
    (username, full_name, role, email, state, password, password_changed_at, created_at, facility_id)
    SELECT 'klinik' || n, 'Siti Aminah', 'facility_admin', 'siti@example.id', 'active', %(password)s,
        now() - interval '30 days', now() - interval '30 days', f.first + n %% %(facilities)s
    FROM generate_series(1, %(accounts)s) AS n, (SELECT min(id) AS first FROM facilities_facility) AS f
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
"""
ATTEMPTS = """
INSERT INTO accounts_attempts (key, failures, reserved, version, expires_at)
    SELECT encode(sha256(n::text::bytea), 'hex'), jsonb_build_array(extract(epoch FROM now())), '[]', 2,
        now() + random() * interval '1 minute' + %(distance)s
    FROM generate_series(1, %(attempts)s) AS n
"""


def add_accounts(database: psycopg.Connection, count: int) -> None:
    """Add active accounts klinik1 to klinik<count>, all with PASSWORD, and their facilities."""
    database.execute(PLACES)
    values = {"facilities": 1 + count // ACCOUNTS_A_FACILITY, "accounts": count, "password": password_hash()}
    for statement in (FACILITIES, ACCOUNTS):
        database.execute(statement, values)
    database.execute("VACUUM ANALYZE")


def add_sessions(database: psycopg.Connection) -> None:
    """Add three sessions for each account, at least one of them live, at least one ended."""
    database.execute(SESSIONS, {"data": SESSION_DATA})
    database.execute("VACUUM ANALYZE user_sessions_session")


def add_attempts(database: psycopg.Connection, count: int, distance: str) -> None:
    """Add counters of attempts that nobody will ask for; they count no more after `distance`, such as "1 hour"."""
    database.execute(ATTEMPTS, {"attempts": count, "distance": distance})
    database.execute("VACUUM ANALYZE accounts_attempts")


def password_hash() -> str:
    hasher = get_hasher()
    return hasher.encode(PASSWORD, hasher.salt())
