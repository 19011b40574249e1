"""The keys under which something is counted: a SHA-256 each, nothing typed is stored."""

import hashlib
import ipaddress


def counter_key(*parts: str) -> str:
    """Return the key of the counter that these parts name."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def address_key(address: str | None) -> str | None:
    """Return the key of an address's counter; an IPv6 customer's whole /64 is one."""
    if address is None:
        return None
    width = 64 if ":" in address else 32
    return counter_key("address", str(ipaddress.ip_network((address, width), strict=False)))


def strangers_key(username: str) -> str:
    """Return the key of the counter that all unknown browsers of a user name share."""
    return counter_key("name", username)


def device_key(device: str, username: str) -> str:
    """Return the key of the counter that a browser has which has signed in with the user name before."""
    return counter_key("device", device, username)
