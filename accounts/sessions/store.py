"""The session store: rows of django-user-sessions under hashed keys, dead at once when ended."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import connection, transaction
from django.utils import timezone
from user_sessions.models import Session

from accounts import policy
from accounts.clients.origin import Origin
from accounts.models import Account
from accounts.models.choices import SessionEndReason
from accounts.models.session import LIVE_SQL, live
from accounts.sessions import ending, rows
from accounts.sessions.rows import ENDED, PROVED_AT, SIGNED_IN_AT
from maintenance.board import process_state

# Counts and writes in one statement, under the lock that `limit` holds on the account's row; whoever ends the contract
# of a facility takes that lock as well, so that this statement sees it.
INSERT_IF_ROOM = f"""
    INSERT INTO user_sessions_session
        (session_key, session_data, expire_date, last_activity, user_agent, ip, user_id)
    SELECT %s, %s, %s, %s, %s, %s, %s
    WHERE (SELECT count(*) FROM user_sessions_session WHERE user_id = %s AND {LIVE_SQL}) < %s
        AND NOT EXISTS (SELECT 1 FROM facilities_facility WHERE id = %s AND NOT contract_active)
"""  # noqa: S608 - all of it stands in the code
LONGEST_WRITE = timedelta(seconds=30)  # no statement waits longer, by the databases' own limits
TOMBSTONE_LIFE = timedelta(days=3)  # how long a browser can still read why its session ended: over a weekend


class SessionStore(SessionBase):
    """A browser's session. A row is written when somebody signs in, never for a made-up or dead cookie."""

    _session_cache: dict[str, Any]

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._account: Account | None = None
        self._end_reason: SessionEndReason | None = None
        self._row: Session | None = None
        self._unwritten_key: str | None = None  # that of the row which is still to be written

    @property
    def account(self) -> Account | None:
        """Who is signed in here."""
        self._data()
        return self._account

    @property
    def end_reason(self) -> SessionEndReason | None:
        """Why the session that this browser's cookie names is over, None if it is not, or never was."""
        self._data()
        return self._end_reason

    @property
    def stored_key(self) -> str | None:
        """The primary key of the session's row, None without one."""
        return rows.hash_key(self.session_key) if self.session_key else None

    def admit(self, account: Account, origin: Origin) -> bool:
        """Write this new session as one of the account; return False if SESSION_LIMIT others are live.

        It returns False also when the contract of the account's facility has just ended. The caller holds the lock on
        the account's row.
        """
        now = timezone.now()
        self.create()
        self[SIGNED_IN_AT] = now.timestamp()
        expires = policy.session_expires(now, now, staff=account.is_staff)
        adapt = connection.ops.adapt_datetimefield_value
        row = [
            self.stored_key,
            self.encode(self._data()),
            adapt(expires),
            adapt(now),
            origin.user_agent,
            origin.address,
        ]
        limits = [account.pk, adapt(now), policy.SESSION_LIMIT, account.facility_id]
        with connection.cursor() as cursor:
            cursor.execute(INSERT_IF_ROOM, [*row, account.pk, *limits])
            admitted = cursor.rowcount == 1
        self._account, self._unwritten_key, self.modified = account, None, False
        return admitted

    def load(self) -> dict[str, Any]:
        """Return the session's data, empty if it is not live; then `end_reason` says why."""
        row = self._find()
        if row and rows.is_paused(row, process_state.current.board, timezone.now()):
            row = self._come_back(row.user_id)
        now = timezone.now()
        self._end_reason = rows.end_reason(row, now) if row else None
        if row is None or self._end_reason or row.expire_date <= now:
            if row and self._end_reason and row.expire_date > now:  # refused, but not ended: it must not come back
                ending.end(Session.objects.filter(pk=row.pk), self._end_reason)
            self._session_key = None
            return {}
        self._row, self._account = row, row.user
        return self.decode(row.session_data)

    def create(self) -> None:
        """Take a new key; the row is written by the first `save`."""
        self._session_key = key = _new_key()
        self._session_cache = {}
        self._unwritten_key, self.modified = rows.hash_key(key), True

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises UpdateError if it has ended meanwhile: an ended session stays dead."""
        if self.session_key is None:
            data = self._data()
            self.create()
            self._session_cache = data
        now = timezone.now()
        if self._unwritten_key:
            self._insert(self._unwritten_key, now)
        elif not live(now).filter(pk=self.stored_key).update(session_data=self.encode(self._data())):
            raise UpdateError
        self._unwritten_key, self.modified = None, False

    def renew(self, proved_at: datetime) -> None:
        """Go on under a new key, the old one being dead: the password has been proved, and changed, at this time.

        Raises UpdateError if the session has ended meanwhile.
        """
        old = self.stored_key
        self[PROVED_AT] = proved_at.timestamp()
        self._session_key = _new_key()
        row = {"session_key": rows.hash_key(self._session_key), "session_data": self.encode(self._data())}
        if not live(timezone.now()).filter(pk=old).update(**row):
            raise UpdateError
        if self._row:
            self._row.session_key = row["session_key"]
        self.modified = False

    def delete(self, session_key: str | None = None) -> None:
        """End the session; the row stays for its browser to read why, until it is swept."""
        if key := session_key or self.session_key:
            live(timezone.now()).filter(pk=rows.hash_key(key)).update(
                **rows.tombstone(SessionEndReason.SIGNED_OUT, timezone.now())
            )

    def touch(self) -> None:
        """Write down that the session is in use, at most once in each minute of the clock.

        Close to the session's end the account's row is locked first: a sign-in may be counting it as over.
        """
        now, row, account = timezone.now(), self._row, self._account
        if row is None or account is None or _minute(row.last_activity) == _minute(now):
            return
        if row.expire_date - now > LONGEST_WRITE:
            _extend(row, account, now)
            return
        with transaction.atomic():
            Account.objects.lock(account.pk)
            _extend(row, account, timezone.now())

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the rows that no browser will ask for any more: `clearsessions` calls this."""
        sweep()

    def _data(self) -> dict[str, Any]:
        """Return the session's data, read from its row the first time."""
        return dict(self.items())

    def _find(self) -> Session | None:
        place = ["user__facility__branch_office", "user__branch_office"]
        return Session.objects.select_related(*place).filter(pk=self.stored_key).first()

    def _come_back(self, account_id: int | None) -> Session | None:
        """Go on after a closing of the portal, if there is room; return the row as it is then.

        Under the lock of the account's row, as sign-ins are: this one was not counted as live meanwhile.
        """
        with transaction.atomic():
            Account.objects.lock(account_id)
            row, now = self._find(), timezone.now()
            if row is None or not rows.is_paused(row, process_state.current.board, now):
                return row
            if row.user and row.user.sessions.exclude(pk=row.pk).count() < policy.SESSION_LIMIT:
                expires = rows.goes_on_until(row, process_state.current.board, now)
                unswept = Session.objects.filter(pk=row.pk).exclude(session_data__startswith=ENDED)
                row.expire_date = expires if unswept.update(expire_date=expires) else row.expire_date
            return row

    def _insert(self, key: str, now: datetime) -> None:
        """Write the row of a session that nobody is signed in with."""
        data, expires = self.encode(self._data()), now + policy.PENDING_LIFE
        Session(session_key=key, session_data=data, expire_date=expires).save(force_insert=True)


def sweep() -> int:
    """Delete the rows that no browser will ask for any more; return how many."""
    return Session.objects.filter(expire_date__lte=timezone.now() - TOMBSTONE_LIFE).delete()[0]


def _extend(row: Session, account: Account, now: datetime) -> None:
    expires = policy.session_expires(rows.signed_in_at(row), now, staff=account.is_staff)
    live(now).filter(pk=row.pk).update(last_activity=now, expire_date=expires)


def _new_key() -> str:
    return secrets.token_urlsafe(24)  # 192 bits: no two meet, and the primary key would refuse


def _minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)
