"""The addresses of the site."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from accounts import views as accounts
from facilities import views as facilities

urlpatterns = [
    path("", facilities.home, name="home"),
    path("masuk/", accounts.login, name="login"),
    path("masuk/perangkat/", accounts.choose_session, name="choose_session"),
    path("keluar/", accounts.logout, name="logout"),
    path("captcha/gambar/<slug:key>/", accounts.captcha_image, name="captcha-image"),
    path("captcha/baru/", accounts.captcha_refresh, name="captcha-refresh"),
    path("bahasa/", login_not_required(set_language), name="set_language"),
    path("bantuan/", facilities.help_page, name="help"),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "pcare.views.bad_request"
handler403 = "pcare.views.permission_denied"
handler404 = "pcare.views.page_not_found"
handler500 = "pcare.views.server_error"
