"""Which addresses webhooks may be posted to: none inside our own network. Pure.

An address is judged twice: its text when somebody names it, and what its name resolves to each
time before it is used. Only addresses that anybody on the internet may reach are allowed; wrapped
IPv4 addresses (mapped, 6to4, Teredo, NAT64) are judged by what they wrap.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from ..errors import FinanceError, Reason

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST = 500

# Public by number, but answered by the machine's own cloud: Azure's host, Alibaba's and Oracle's
# metadata.
_OF_THE_CLOUD = tuple(map(ip_network, ("168.63.129.16/32", "100.100.100.200/32", "192.0.0.0/24")))
_NAT64 = ip_network("64:ff9b::/96")
_NEVER_V6 = tuple(map(ip_network, ("64:ff9b:1::/48", "fec0::/10", "::/96", "2001::/23")))
_NEVER_V4 = tuple(map(ip_network, ("100.64.0.0/10", "192.88.99.0/24", "198.18.0.0/15")))


class AddressRefused(FinanceError):
    """Nothing is posted to such an address."""

    code = "address_refused"
    example = Reason(
        "W4",
        "bad_scheme",
        "Give an address that begins with https:// or http://.",
        {"url": "ftp://acme.example.com"},
        "whoever named it",
    )


@dataclass(frozen=True)
class Target:
    """Where to post to, as the text of the address says."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The host as HTTP wants it: with a port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read(url: str, *, ports: Collection[int], networks: Iterable[Network] = ()) -> Target:
    """Take an address apart. Raises AddressRefused with what is wrong about it."""
    if len(url) > LONGEST or any(character <= " " or character > "~" for character in url):
        raise refusal("bad_address", "Give an address of at most 500 plain characters.", url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refusal("bad_address", "This is no web address.", url) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise refusal("bad_scheme", "Give an address that begins with https:// or http://.", url)
    if parts.username is not None or parts.password is not None or parts.fragment:
        text = "Give an address without a user name, a password or a fragment."
        raise refusal("bad_address", text, url)
    if not parts.hostname or "%" in parts.hostname or "\\" in url:
        raise refusal("bad_address", "This is no web address.", url)
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        allowed = ", ".join(str(one) for one in sorted(ports))
        raise refusal("bad_port", f"Nothing is posted to port {port}, only to {allowed}.", url)
    if (literal := _literal(parts.hostname)) is not None:
        judge([literal], networks=networks, url=url)
    path = parts.path or "/"
    return Target(
        parts.scheme, parts.hostname, port, f"{path}?{parts.query}" if parts.query else path
    )


def judge(found: Collection[Address], *, networks: Iterable[Network], url: str) -> None:
    """Raise AddressRefused unless every address that a name stands for may be posted to.

    `networks` are those that the provider allows although they are not public.
    """
    allowed = tuple(networks)
    inside = [one for one in found if not (_is_in(one, allowed) or is_public(one))]
    if inside or not found:
        text = "This address is inside the provider's own network. Give a public one."
        raise refusal("not_public", text, url)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet means the same machine by it."""
    if isinstance(address, IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return all(is_public(one) for one in wrapped)
        never = _NEVER_V6
    else:
        never = (*_OF_THE_CLOUD, *_NEVER_V4)
    if _is_in(address, never) or address.is_multicast or address.is_reserved:
        return False
    return address.is_global and not (
        address.is_private or address.is_loopback or address.is_link_local
    )


def refusal(code: str, text: str, url: str) -> AddressRefused:
    """The refusal, with the address."""
    return AddressRefused(Reason("W4", code, text, {"url": url[:LONGEST]}, "whoever named it"))


def _wrapped(address: IPv6Address) -> list[IPv4Address] | None:
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in one for one in networks if one.version == address.version)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
