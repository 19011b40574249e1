"""The addresses of passwords: forgotten, set with a link, changed while signed in."""

from django.urls import path, re_path

from accounts.passwords import link_views, views

urlpatterns = [
    path("lupa-password/", views.password_reset, name="password_reset"),
    path("lupa-password/terkirim/", views.password_reset_done, name="password_reset_done"),
    path("password-baru/<slug:uidb64>/<str:token>/", link_views.password_reset_confirm, name="password_reset_confirm"),
    path("aktivasi/<slug:uidb64>/<str:token>/", link_views.activation, name="activation"),
    path("bukan-saya/<slug:uidb64>/<str:token>/", link_views.not_me, name="not_me"),
    re_path(
        rf"^(?P<page>(?i:{'|'.join(link_views.PAGES)}))(?P<rest>(?s:[^\w-].*)?)\Z",
        link_views.damaged_link,
        name="damaged_link",
    ),
    path("lupa-password/kekuatan/", views.link_password_strength, name="link_password_strength"),
    path("akun/password/", views.password_change, name="password_change"),
    path("akun/password/kekuatan/", views.password_strength, name="password_strength"),
]
