"""The portal recovers by itself when the database was away."""

import os
import subprocess
import sys
from functools import partial

from tests.parallel import at_once
from tests.servers import ROOT, PostgreSQL, WebServer
from tests.visitor import Visitor, text


def test_restarted_database_costs_one_failed_request_at_most(static_files: None) -> None:
    with PostgreSQL() as database:
        environment = {"DATABASE_URL": database.url}
        migrate = [sys.executable, "manage.py", "migrate", "--no-input"]
        subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
        with WebServer(environment, workers=1, path="/bantuan/") as site:
            visitors = [Visitor(site.url) for _ in range(8)]
            assert {visitor.get("/masuk/").status_code for visitor in visitors} == {200}
            at_once(partial(visitor.get, "/masuk/") for visitor in visitors * 4)  # fills the pool
            database.kill()
            failed = visitors[0].get("/masuk/")
            assert failed.status_code == 500
            assert "Traceback" not in text(failed)
            database.start()
            statuses = [visitor.get("/masuk/").status_code for visitor in visitors * 4]
            assert statuses.count(500) <= 1
            assert statuses[-1] == 200
