"""The addresses of signing in and out."""

from django.urls import path

from accounts.signin import views

urlpatterns = [
    path("masuk/", views.login, name="login"),
    path("masuk/perangkat/", views.choose_session, name="choose_session"),
    path("keluar/", views.logout, name="logout"),
]
