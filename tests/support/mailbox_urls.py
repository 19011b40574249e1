"""The site's addresses as the embedded mode has them."""

from django.urls import include, path

from pcare.urls import handler404 as handler404
from pcare.urls import urlpatterns as site

urlpatterns = [*site, path("surat-uji/", include("accounts.letters.mailbox.urls"))]
