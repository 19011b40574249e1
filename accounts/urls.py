"""The addresses of the app, put together."""

from django.urls import include, path

from accounts import views
from accounts.sessions import views as session_views

own = [
    path("perangkat/", session_views.sessions, name="sessions"),
    path("aktivitas/", views.events, name="events"),
]

urlpatterns = [
    path("", include("accounts.signin.urls")),
    path("", include("accounts.passwords.urls")),
    path("captcha/", include("accounts.captcha.urls")),
    path("akun/", include((own, "accounts"))),
]
