"""The addresses of the status of the service."""

from django.urls import path

from maintenance.gate import notices
from maintenance.status import views

app_name = "maintenance"
urlpatterns = [
    path("status/", views.status, name="status"),
    path("status.json", views.status_json, name="status_json"),
    path("status/atom.xml", views.feed, name="feed"),
    path("status/pemberitahuan/", notices.notices, name="notices"),
]
