"""The addresses of signing in and of an account's own pages."""

from django.urls import include, path

from accounts import views

app_name = "accounts"

own = [
    path("perangkat/", views.sessions, name="sessions"),
    path("aktivitas/", views.events, name="events"),
]

urlpatterns = [path("akun/", include(own))]
