"""The addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from pcare import views

urlpatterns = [
    path("", views.home, name="home"),
    path("bantuan/", views.help_page, name="help"),
    path("bahasa/", views.set_language, name="set_language"),
    path("", include("accounts.urls")),
    path("", include("maintenance.status.urls")),
    path("admin/", admin.site.urls),
]
if settings.EMBEDDED:
    urlpatterns.append(path("surat-uji/", include("accounts.letters.mailbox.urls")))

handler400 = "pcare.errors.bad_request"
handler403 = "pcare.errors.permission_denied"
handler404 = "pcare.errors.page_not_found"
handler500 = "pcare.errors.server_error"
