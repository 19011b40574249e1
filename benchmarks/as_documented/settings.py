"""Django's settings: a new project's, with what each package's README adds to them."""

from datetime import timedelta
from pathlib import Path

from pcare import environment

# What is no package's matter is as good as the portal's: the database with its pool, the proxy, the hasher.
from pcare.settings import ALLOWED_HOSTS, SECRET_KEY, SECURE_PROXY_SSL_HEADER, WEB_THREADS  # noqa: F401

DATABASES = {
    "default": environment.database(
        environment.required("DATABASE_URL"), {"pool": {"min_size": 1, "max_size": WEB_THREADS + 1}}
    )
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "user_sessions",
    "axes",
    "captcha",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "user_sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "benchmarks.as_documented.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "static/"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["benchmarks.timed_hasher.TimedHasher"]
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "user_sessions.backends.db"

AXES_FAILURE_LIMIT = 3
AXES_COOLOFF_TIME = timedelta(minutes=3)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
LOGGING_CONFIG = None
