"""The site's addresses and a slow page that writes its session at the end."""

from threading import Event

from django.http import HttpRequest, HttpResponse
from django.urls import path

from pcare.urls import urlpatterns as site

started, go_on = Event(), Event()


def slow(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated
    started.set()
    go_on.wait(10)
    request.session["half"] = "done"
    return HttpResponse("done")


urlpatterns = [*site, path("lambat/", slow)]
