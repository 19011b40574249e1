#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from pcare.logs.filters import write_exception

if __name__ == "__main__":
    sys.excepthook = write_exception
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcare.settings")
    execute_from_command_line(sys.argv)
