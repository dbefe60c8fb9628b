"""Settings. Everything a deployment changes comes from the environment (docs/operating.md)."""

from datetime import timedelta
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from . import settings_admin, settings_api, settings_books, settings_jobs, settings_sign_in
from .settings_files import *  # noqa: F403 (files in and out: more of the same)
from .settings_notices import *  # noqa: F403 (mail and webhooks: more of the same)

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="only-for-a-machine-of-your-own")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "django_celery_beat",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *settings_sign_in.APPS,
    "finance_mgmt",
    "billing",
    "invoicing",
    "simulation",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "finance_mgmt.admin.browser_rules.ContentSecurityPolicy",
    "finance_mgmt.api.request_ids.RequestIds",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "finance_mgmt.admin.zone.BillingTimeZone",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *settings_sign_in.MIDDLEWARE,
]

ROOT_URLCONF = "finance_mgmt.urls"
WSGI_APPLICATION = "finance_mgmt.wsgi.application"
ASGI_APPLICATION = "finance_mgmt.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "finance_mgmt.admin.sign_in.context",
            ],
        },
    },
]

# PostgreSQL is the database: `python3 dev.py` starts one and sets DATABASE_URL when none is set.
DATABASES = {"default": env.db("DATABASE_URL", default="postgresql://billing@/billing")}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_MAX_AGE"] = 0
if env.bool("DB_POOL", default=False):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env("REDIS_URL", default="redis://127.0.0.1:6379/1"),
    }
}

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A broker that answers no more is away: no request waits for it, the reconciler finds the work.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = settings_sign_in.BACKENDS
CONTENT_SECURITY_POLICY = settings_sign_in.CONTENT_SECURITY_POLICY
globals().update(settings_sign_in.TRANSPORT | settings_sign_in.SIGN_IN)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["finance_mgmt.formats"]
TIME_ZONE = "UTC"  # storage and default display; cycles are cut in the policy's billing time zone
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "media"

# The API (docs/api.md). Rates are per person, or per address for whoever has not signed in.
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "finance_mgmt.api.schema.Schema",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "finance_mgmt.api.authentication.Tokens",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["finance_mgmt.api.parsers.ExactJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": [
        "finance_mgmt.api.filtering.KnownFilters",
        "finance_mgmt.api.filtering.KnownOrdering",
    ],
    "DEFAULT_PAGINATION_CLASS": "finance_mgmt.api.paging.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["finance_mgmt.api.throttles.Everything"],
    "DEFAULT_THROTTLE_RATES": {
        "everything": env("API_RATE", default="1200/min"),
        "group": env("API_GROUP_RATE", default="6000/min"),
        "writes": env("API_WRITE_RATE", default="300/min"),
        "sign_in": env("API_SIGN_IN_RATE", default="10/min"),
    },
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "finance_mgmt.api.problems.answer",
    "NUM_PROXIES": env.int("API_PROXIES", default=0),  # how many X-Forwarded-For to trust
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Addresses that programs ask by the thousand -> what answers them before the view is asked.
API_SHORT_WAYS = {"POST /api/v1/orders": "billing.api.short_orders.place"}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(days=env.int("API_TOKEN_DAYS", default=90)),
}
API_REQUEST_DAYS = env.int("API_REQUEST_DAYS", default=90)  # how long answers are kept
SPECTACULAR_SETTINGS = {
    "TITLE": "Group billing API",
    "VERSION": "1",
    "DESCRIPTION": "Who pays for what in a group of accounts. See docs/api.md.",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": settings_api.ENUM_NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "finance_mgmt.api.schema.refuse_unknown_fields",
        "finance_mgmt.api.schema.add_examples",
    ],
}

# What background work does.
RUN_STEPS = settings_jobs.RUN_STEPS
JOBS = settings_jobs.JOBS

# Who may object to a link, and with which facts: functions (account_ids, at) -> facts by account.
LINK_FACTS = [
    "billing.queries.open_usage_of",
    "billing.queries.running_postpaid_of",
    "billing.queries.open_orders_of",
    "billing.queries.bills_past_due_of",
]

# What upper floors hold still while a relationship is decided, and have seen: functions (account
# ids, instant) -> facts by account id. Asked before funds are locked.
LINK_HOLDS = ["billing.services.usage.closed_since"]

# Which powers upper floors object to: permission -> function (relationship) -> reasons (I3).
GRANT_FACTS = {"forbid_invoicing": "invoicing.services.titles.judge_forbid_invoicing"}

# What a preview adds to the ground floor (L12): name -> function (before, after, instant).
PREVIEW_FACTS = {
    "cut_over": "billing.queries.previews.cut_over",
    "resources_changing": "billing.queries.previews.resources_changing",
    "vouchers_frozen": "billing.queries.previews.vouchers_frozen",
}

# Commands that may need a second person (Z7), then those that may need the member's consent (L5);
# and how their stored arguments become values.
APPROVABLE = {
    "credit.allocate": "finance_mgmt.services.credit.allocate",
    "credit.reclaim": "finance_mgmt.services.credit.reclaim",
    "credit.set_limit": "finance_mgmt.services.credit.set_limit",
    "allocations.move_many": "finance_mgmt.services.allocations.move_many",
    "changes.end": "finance_mgmt.services.changes.end",
    "refunds.refund": "billing.services.refunds.refund",
    "orders.override_price": "billing.services.orders.override_price",
    "changes.upgrade": "finance_mgmt.services.changes.upgrade",
    "changes.move": "finance_mgmt.services.changes.move",
    "settlement.switch_unified": "billing.services.settlement.switch_unified",
}
ARGUMENTS = {
    "account": "finance_mgmt.queries.arguments.account",
    "master": "finance_mgmt.queries.arguments.account",
    "member": "finance_mgmt.queries.arguments.account",
    "relationship": "finance_mgmt.queries.arguments.relationship",
    "order": "billing.queries.arguments.order",
    "amount": "finance_mgmt.queries.arguments.amount",
    "limit": "finance_mgmt.queries.arguments.amount",
    "moves": "finance_mgmt.queries.allocations.moves",
    "effective_at": "finance_mgmt.queries.arguments.instant",
}

# Which facts keep the cutting and closing of cycles from changing (C4, C5): functions () -> bool.
CYCLE_LOCKS = ["billing.queries.has_usage"]

BOOK_CHECKS = settings_books.BOOK_CHECKS

INVOICE_LINES = env.int("INVOICE_LINES", default=200_000)  # what one invoice may hold

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "finance_mgmt.logs.Line",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {name: {"level": "WARNING"} for name in ("fontTools", "fpdf", "factur-x")},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}

# What the admin looks like, and what each floor adds to it.
DASHBOARD_PANELS = settings_admin.DASHBOARD_PANELS
TODAY = settings_admin.TODAY
ACCOUNT_PANELS = settings_admin.ACCOUNT_PANELS
ACCOUNT_LINKS = settings_admin.ACCOUNT_LINKS
RELATIONSHIP_LINKS = settings_admin.RELATIONSHIP_LINKS
ACCOUNT_COMMANDS = settings_admin.ACCOUNT_COMMANDS
RELATIONSHIP_COMMANDS = settings_admin.RELATIONSHIP_COMMANDS
SEARCHES = settings_admin.SEARCHES
TOUR = settings_admin.TOUR
FIRST_STEPS = settings_admin.FIRST_STEPS
TIMELINE_SOURCES = settings_admin.TIMELINE_SOURCES
ADMIN_NAVIGATION = settings_admin.ADMIN_NAVIGATION
UNFOLD = settings_admin.UNFOLD
