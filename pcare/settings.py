"""Django's settings for both modes, read from the environment; nonsense stops the start."""

import warnings
from pathlib import Path
from typing import Any, Literal

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from accounts import policy
from maintenance.database.connection import BoundedConnection
from pcare import environment

# django-user-sessions asks pkg_resources for its own version; setuptools is pinned to one that still has it.
warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
EMBEDDED = environment.mode() == "embedded"
DEBUG = False

# The number of proxies before this site that append to X-Forwarded-For and set X-Forwarded-Proto.
TRUSTED_PROXIES = 0 if EMBEDDED else environment.count("TRUSTED_PROXIES", 1, least=1, most=10)
WEB_THREADS = environment.count("WEB_THREADS", 4, least=1, most=64)

if EMBEDDED:
    SITE_URL = f"http://{environment.env.str('WEB_BIND', '127.0.0.1:8000')}"
    SECRET_KEY = environment.kept_secret(VAR_DIR / "secret_key")
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "pcare.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    SECRET_KEY = environment.secret_key()
    ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS")
    SITE_URL = environment.site_url("SITE_URL", ALLOWED_HOSTS)
    DATABASES = {
        "default": environment.database(
            environment.required("DATABASE_URL"),
            {
                # One more than the threads that answer: for the one that watches. Seconds; reconnecting is tried
                # again whenever somebody asks, not at ever longer intervals.
                "pool": {
                    "connection_class": BoundedConnection,
                    "min_size": 1,
                    "max_size": WEB_THREADS + 1,
                    "timeout": 2,
                    "reconnect_timeout": 1,
                },
                "connect_timeout": 3,
                "server_side_binding": True,
                "prepare_threshold": 2,
                "options": "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s",
            },
        )
    }

INSTALLED_APPS = [
    "facilities",
    "maintenance",
    "accounts",  # before auth, whose command changepassword it replaces
    "django.contrib.auth",
    "pcare.apps.PortalAdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "captcha",
    "csp",
    "user_sessions",
]

MIDDLEWARE = [
    "maintenance.gate.middleware.HealthMiddleware",  # first: nothing stands between it and who asks
    "pcare.middleware.ClientAddressMiddleware",
    "pcare.middleware.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.PrefetchMiddleware",
    "accounts.middleware.SessionMiddleware",
    "pcare.middleware.LanguageMiddleware",
    "pcare.middleware.RefusalPagesMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "maintenance.gate.middleware.ClosedMiddleware",  # once it can be told whether somebody is signed in
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "accounts.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "maintenance.gate.notices.context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

ROOT_URLCONF = "pcare.urls"
WSGI_APPLICATION = "pcare.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where each machine keeps what is published about the portal, for web processes that start without a database.
BOARD_FILE = Path(environment.optional("BOARD_FILE") or VAR_DIR / "board.json")

# Signing in

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: the attempt is reserved before any password is checked
    "accounts.authentication.backends.PasswordBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.validators.LengthValidator"},
    {"NAME": "accounts.passwords.validators.StrengthValidator"},
    {"NAME": "accounts.passwords.validators.HistoryValidator"},
]
PASSWORD_HASHERS = ["accounts.passwords.hashers.Argon2idHasher"]
LOGIN_URL = "login"

AXES_HANDLER = "accounts.authentication.lockout.LockoutHandler"
AXES_FAILURE_LIMIT = policy.LOCKOUT_THRESHOLD
AXES_COOLOFF_TIME = policy.LOCKOUT_DURATION
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_FORM_FIELD = "username"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # no AxesMiddleware: the sign-in page itself answers a locked name
    "axes.W006",  # a lock by name is the rule: a whole Puskesmas shares one address
]

SESSION_ENGINE = "accounts.sessions.store"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # the cookie has no Max-Age; the server ends sessions
# A "__Host-" cookie must be Secure, which the embedded mode's plain http cannot be.
COOKIE_PREFIX = "" if EMBEDDED else "__Host-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
DEVICE_COOKIE_NAME = f"{COOKIE_PREFIX}device"
LINK_COOKIE_NAME = f"{COOKIE_PREFIX}link"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
MESSAGES_COOKIE_NAME = f"{COOKIE_PREFIX}messages"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not EMBEDDED
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SAMESITE: Literal["Lax"] = "Lax"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = SAMESITE
CSRF_FAILURE_VIEW = "pcare.errors.csrf_failure"
MESSAGE_STORAGE = "pcare.messages.PrefixedCookieStorage"

CAPTCHA_TIMEOUT = policy.CAPTCHA_LIFE.total_seconds() / 60  # minutes
CAPTCHA_2X_IMAGE = False

# Transport and headers

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
SECURE_SSL_REDIRECT = not EMBEDDED
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 0 if EMBEDDED else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not EMBEDDED
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Languages and times

LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True

# Static files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = None if EMBEDDED else Path(environment.env.str("STATIC_ROOT", str(VAR_DIR / "static")))
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# Letters

EMAIL_TIMEOUT = 15  # seconds
if EMBEDDED:
    EMAIL_BACKEND = "accounts.letters.mailbox.backend.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "letters"
    DEFAULT_FROM_EMAIL = "PCare <pcare@portal.example>"
else:
    EMAIL_HOST = environment.host("EMAIL_HOST")
    EMAIL_SECURITY = environment.choice("EMAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
    EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
    EMAIL_PORT = environment.count("EMAIL_PORT", 465 if EMAIL_USE_SSL else 587, least=1, most=65535)
    EMAIL_HOST_USER = environment.optional("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = environment.optional("EMAIL_HOST_PASSWORD")
    DEFAULT_FROM_EMAIL = environment.email_address("EMAIL_FROM")

# Work after the answer

CELERY_BROKER_URL = "memory://localhost/" if EMBEDDED else environment.redis_url("REDIS_URL")
CELERY_TASK_ALWAYS_EAGER = EMBEDDED
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 0.4,  # seconds; a publication waits up to three times as long
    "socket_connect_timeout": 0.4,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
CELERY_BEAT_SYNC_EVERY = 1  # tasks; how old its file is tells whether beat is alive
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # Without a worker they do not pile up: the next one does what this one would have done.
    "sweep": {"task": "accounts.tasks.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "deliver_due": {"task": "accounts.tasks.deliver_due", "schedule": 20.0, "options": {"expires": 20}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "brief_unavailable": {"()": "pcare.logs.filters.BriefUnavailable"},
        "brief_refusal": {"()": "pcare.logs.filters.BriefRefusal"},
        "once_a_minute": {"()": "pcare.logs.repeats.OnceAMinute"},
        "safe_text": {"()": "pcare.logs.filters.SafeText"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["brief_refusal", "once_a_minute", "safe_text"],  # the last one decides what is written
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # A refused sign-in is an event, not a line for each.
        "django.request": {"level": "ERROR", "filters": ["brief_unavailable"]},
        "multiprocessing": {"handlers": ["stderr"], "level": "ERROR"},  # of Celery's pool; it reaches no other logger
        "psycopg.pool": {"level": "ERROR"},  # that the database is away is said once, by who watches
    },
}
