"""The addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accounts import link_views, password_views
from accounts import views as accounts
from facilities import views as facilities

urlpatterns = [
    path("", facilities.home, name="home"),
    path("masuk/", accounts.login, name="login"),
    path("masuk/perangkat/", accounts.choose_session, name="choose_session"),
    path("keluar/", accounts.logout, name="logout"),
    path("lupa-password/", password_views.password_reset, name="password_reset"),
    path("lupa-password/terkirim/", password_views.password_reset_done, name="password_reset_done"),
    path("password-baru/<slug:uidb64>/<str:token>/", link_views.password_reset_confirm, name="password_reset_confirm"),
    path("aktivasi/<slug:uidb64>/<str:token>/", link_views.activation, name="activation"),
    path("bukan-saya/<slug:uidb64>/<str:token>/", link_views.not_me, name="not_me"),
    path("akun/password/", password_views.password_change, name="password_change"),
    path("akun/password/kekuatan/", password_views.password_strength, name="password_strength"),
    path("captcha/gambar/<slug:key>/", accounts.captcha_image, name="captcha-image"),
    path("captcha/baru/", accounts.captcha_refresh, name="captcha-refresh"),
    path("bahasa/", accounts.set_language, name="set_language"),
    path("bantuan/", facilities.help_page, name="help"),
    path("", include("maintenance.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
if settings.EMBEDDED:
    urlpatterns.append(path("surat-uji/", include("accounts.kept_letters_urls")))

handler400 = "pcare.views.bad_request"
handler403 = "pcare.views.permission_denied"
handler404 = "pcare.views.page_not_found"
handler500 = "pcare.views.server_error"
