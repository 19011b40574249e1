"""Python loads this by itself at its start, from PYTHONPATH: it moves the clock of a process of a moved run."""

import os
import sys
import time

if "TEST_DATE_AHEAD" in os.environ:
    # The environment of `make run` has no time-machine of its own, and no process of the portal needs pytest.
    sys.path.append(os.environ["TEST_DATE_PACKAGES"])
    # None lets the import fail; that is not in the types of sys.modules.
    sys.modules["pytest"] = None  # type: ignore[assignment]
    import time_machine

    sys.path.remove(os.environ["TEST_DATE_PACKAGES"])
    del sys.modules["pytest"]
    time_machine.travel(time.time() + float(os.environ["TEST_DATE_AHEAD"])).start()
