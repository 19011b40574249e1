"""The portal's settings with one address more, at which a web process does nothing but check passwords."""

from pcare.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
