"""Django's settings; where the provider is, and who we are there, comes from the environment."""

from __future__ import annotations

import os

_FORM = '<form method="post">{{% csrf_token %}}{}<button type="submit" id="{}">OK</button></form>'
_TEMPLATES = {
    "socialaccount/login.html": _FORM.format("", "start"),
    "socialaccount/signup.html": _FORM.format("{{ form.as_p }}", "signup"),
    "socialaccount/authentication_error.html": '<p id="error">{{ auth_error.code }}</p>',
    "socialaccount/login_cancelled.html": '<p id="cancelled">cancelled</p>',
    "account/logout.html": _FORM.format("", "logout"),
}
_SITE = "tests.interop.allauth_site"

SECRET_KEY = os.environ["OIDC_CLIENT_SECRET"][::-1]
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = f"{_SITE}.pages"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
_LOADERS = [("django.template.loaders.locmem.Loader", _TEMPLATES), "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"], "loaders": _LOADERS},
    }
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_COOKIE_NAME = os.environ["OIDC_CLIENT_ID"]  # cookies do not separate ports
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}-form"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "email"]
ACCOUNT_USERNAME_MIN_LENGTH = 5
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_FORMS = {"signup": f"{_SITE}.forms.TermsSignupForm"}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "stadt",
                "name": "Stadtkonto",
                "client_id": os.environ["OIDC_CLIENT_ID"],
                "secret": os.environ["OIDC_CLIENT_SECRET"],
                "settings": {"server_url": os.environ["OIDC_ISSUER"]},
            }
        ],
    }
}
