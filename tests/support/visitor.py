"""A person at a browser, in the tests' process or at a real web server."""

import html
import re
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

import httpx
from captcha.models import CaptchaStore
from django.test import Client
from django.urls import reverse

HOST = "portal.test"
VERSION = re.compile(r'name="version" value="([^"]*)"')
USER_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


class Visitor:
    """One browser: keeps cookies, reads forms, copies captchas (the answer is looked up in the database)."""

    def __init__(self, url: str | None = None, address: str = "203.0.113.7", user_agent: str = USER_AGENT) -> None:
        headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "User-Agent": user_agent,
            "X-Forwarded-For": address,
            "X-Forwarded-Proto": "https",
        }
        if url:
            self.client: Any = _PlainHttpClient(base_url=url, headers=headers, timeout=60, verify=False)
        else:
            self.client = Client(enforce_csrf_checks=True, headers=headers)
        self.fields: dict[str, str] = {}
        self.opened = ""

    def get(self, path: str, **kwargs: Any) -> Any:
        return self._read(self.client.get(path, **kwargs))

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        return self._read(self.client.post(path, data=data or {}, **kwargs))

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie, whatever its prefix."""
        for key, value in self.cookies().items():
            if key.removeprefix("__Host-") == name and value:
                return value
        return None

    def cookies(self) -> dict[str, str]:
        return {name: morsel.value for name, morsel in self._jar().items() if morsel.value}

    def twin(self) -> "Visitor":
        """Return another window of the same browser: the same cookies, the same page."""
        twin = Visitor(str(self.client.base_url) if isinstance(self.client, httpx.Client) else None)
        twin._jar().update(self._jar())
        twin.fields = dict(self.fields)
        return twin

    def open_sign_in(self, next_url: str | None = None) -> Any:
        """Open the sign-in page, so that its fields are known."""
        return self.get(reverse("login") + (f"?next={next_url}" if next_url else ""))

    def sign_in(self, username: str, password: str, answer: str | None = None, **fields: str) -> Any:
        """Fill in the sign-in form and send it; the right letters unless an answer is given."""
        if "captcha_0" not in self.fields:
            self.open_sign_in()
        return self.send_sign_in(username, password, self.solve() if answer is None else answer, **fields)

    def send_sign_in(self, username: str, password: str, answer: str, **fields: str) -> Any:
        form = {name: self.fields[name] for name in ("csrfmiddlewaretoken", "captcha_0")}
        self.fields.pop("captcha_0")
        return self.post(
            reverse("login"), {**form, "username": username, "password": password, "captcha_1": answer, **fields}
        )

    def ask_for_reset(self, username: str, email: str, answer: str | None = None) -> Any:
        """Fill in the page for a forgotten password; the right letters unless an answer is given."""
        self.get(reverse("password_reset"))
        form = {name: self.fields[name] for name in ("csrfmiddlewaretoken", "captcha_0")}
        letters = self.solve() if answer is None else answer
        return self.post(
            reverse("password_reset"), {**form, "username": username, "email": email, "captcha_1": letters}
        )

    def open_link(self, path: str) -> Any:
        """Open a link of a letter and follow it to the address without the token, if it has one."""
        response = self.get(path)
        self.opened = response.headers.get("Location", path)
        return self.get(self.opened) if self.opened != path else response

    def set_password(self, password: str, again: str | None = None) -> Any:
        """Fill in the page that the link opened last leads to."""
        passwords = {"new_password1": password, "new_password2": password if again is None else again}
        signed_out = {name: self.fields[name] for name in ("sign_out",) if name in self.fields}
        return self.press(self.opened, **passwords, **signed_out)

    def change_password(self, old: str, new: str, again: str | None = None) -> Any:
        """Fill in the page on which a signed-in account changes its password."""
        self.get(reverse("password_change"))
        passwords = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
        return self.press(reverse("password_change"), **passwords)

    def solve(self) -> str:
        """Return the letters of the picture on the page."""
        return CaptchaStore.objects.get(hashkey=self.fields["captcha_0"]).response

    def press(self, path: str, **fields: Any) -> Any:
        """Send a form of the page last read, with its token."""
        return self.post(path, {"csrfmiddlewaretoken": self.fields["csrfmiddlewaretoken"], **fields})

    def send(self, path: str, **fields: Any) -> Any:
        """Send a form by hand, whatever the page offers: with the token of the administration's first page."""
        self.get("/admin/")
        return self.press(path, **fields)

    def save(self, path: str, **fields: Any) -> Any:
        """Change a row in the administration: send the form of its page, with what that page showed."""
        shown = {"version": version_of(self.get(path))}
        self.get("/admin/")
        return self.press(path, **shown | fields)

    def is_signed_in(self) -> bool:
        return self.get("/").status_code == 200

    def _jar(self) -> SimpleCookie:
        return self.client.jar if isinstance(self.client, _PlainHttpClient) else self.client.cookies

    def _read(self, response: Any) -> Any:
        if "html" in response.headers.get("Content-Type", ""):
            inputs = _Inputs()
            inputs.feed(text(response))
            self.fields = inputs.of_main_form()
        return response


def text(response: Any) -> str:
    """Return the body as text."""
    return response.content.decode()


def version_of(response: Any) -> str:
    """Return what a page of the administration says that it showed, "" if it is no form of a row."""
    found = VERSION.search(text(response))
    return html.unescape(found[1]) if found else ""


class _PlainHttpClient(httpx.Client):
    """A client that keeps cookies as a browser at the TLS proxy would: httpx sends no Secure cookie over http."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.jar: SimpleCookie = SimpleCookie()

    def send(self, request: httpx.Request, **kwargs: Any) -> httpx.Response:
        request.headers["Cookie"] = "; ".join(f"{name}={m.coded_value}" for name, m in self.jar.items() if m.value)
        response = super().send(request, **kwargs)
        for header in response.headers.get_list("Set-Cookie"):
            self.jar.load(header)
        self.cookies.clear()
        return response


MAIN_FIELDS = {"captcha_0", "session", "new_password1"}


class _Inputs(HTMLParser):
    """The names and values of a page's inputs, form by form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = [{}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        if tag == "input" and (name := given.get("name")):
            self.forms[-1].setdefault(name, given.get("value") or "")

    def of_main_form(self) -> dict[str, str]:
        """Return the inputs of the form with a captcha or a session to choose, else of the first form."""
        known = [form for form in self.forms if form]
        main = [form for form in known if MAIN_FIELDS & set(form)]
        return (main or known or [{}])[0]
