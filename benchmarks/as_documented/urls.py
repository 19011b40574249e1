"""The addresses: the portal's where the two are compared, the captcha's own below captcha/."""

from django.urls import include, path

from benchmarks.as_documented.views import LimitedLoginView, home

urlpatterns = [
    path("", home, name="home"),
    path("masuk/", LimitedLoginView.as_view(), name="login"),
    path("captcha/", include("captcha.urls")),
]
