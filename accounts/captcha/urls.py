"""The addresses of the captcha, under the names that the package's widget asks for."""

from django.urls import path

from accounts.captcha import views

urlpatterns = [
    path("gambar/<slug:key>/", views.captcha_image, name="captcha-image"),
    path("baru/", views.captcha_refresh, name="captcha-refresh"),
]
