"""The portal's addresses, and the one at which a web process does nothing but check passwords."""

from django.urls import path

from benchmarks.views import check_passwords
from pcare.urls import urlpatterns as portal

urlpatterns = [*portal, path("hash/<int:count>/", check_passwords)]
