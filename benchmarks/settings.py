"""The portal's settings with a hasher that tells what it takes of the processor."""

from pcare.settings import *  # noqa: F403

PASSWORD_HASHERS = ["benchmarks.timed_hasher.TimedHasher"]
