"""The addresses of the embedded mode's mailbox."""

from django.urls import path

from accounts.letters.mailbox import views

urlpatterns = [
    path("", views.letters, name="kept_letters"),
    path("<str:name>/", views.letter, name="kept_letter"),
    path("<str:name>/html/", views.letter_html, name="kept_letter_html"),
]
