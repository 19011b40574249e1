"""Django's sign-in with the captcha's field, and a limit of sessions by counting after the sign-in."""

from captcha.fields import CaptchaField
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from user_sessions.models import Session

SESSION_LIMIT = 3


class CaptchaAuthenticationForm(AuthenticationForm):
    captcha = CaptchaField()


class LimitedLoginView(LoginView):
    template_name = "login.html"
    form_class = CaptchaAuthenticationForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        live = Session.objects.filter(user=form.get_user(), expire_date__gt=timezone.now())
        others = live.exclude(pk=self.request.session.session_key).order_by("-last_activity")
        Session.objects.filter(pk__in=[session.pk for session in others[SESSION_LIMIT - 1 :]]).delete()
        return response


@login_required
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())
