"""Pure rules of delivery: addresses, signatures, back-off (W4, RELIABILITY S19)."""

import base64
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from finance_mgmt.rules import addresses, backoff, signatures

PORTS = (80, 443)


@pytest.mark.rule("W4")
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("203.0.114.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("172.31.255.255", False),
        ("172.32.0.1", True),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # metadata of most clouds
        ("100.100.100.200", False),  # Alibaba's
        ("192.0.0.192", False),  # Oracle's
        ("168.63.129.16", False),  # Azure's host, a public number
        ("100.64.0.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a9fe:a9fe", False),  # NAT64 of 169.254.169.254
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),  # Teredo, of 192.0.2.45
        ("fe80::1", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),  # metadata of AWS by IPv6
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
    ],
)
def test_only_what_anybody_may_reach_is_public(address, expected):
    assert addresses.is_public(ip_address(address)) is expected


@pytest.mark.rule("W4")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("gopher://example.com/", "bad_scheme"),
        ("//example.com/", "bad_scheme"),
        ("https:///path", "bad_address"),
        ("https://", "bad_address"),
        ("https://user:secret@example.com/", "bad_address"),
        ("https://example.com@127.0.0.1/", "bad_address"),
        ("https://example.com/#part", "bad_address"),
        ("https://example.com/a b", "bad_address"),
        ("https://example.com/\r\nHost: inside", "bad_address"),
        ("https://[fe80::1%25eth0]/", "bad_address"),
        ("https://example.com:99999/", "bad_address"),
        ("https://example.com\\@127.0.0.1/", "bad_address"),
        ("https://ex\u00e4mple.com/", "bad_address"),
        ("https://example.com/" + "a" * 500, "bad_address"),
        ("https://example.com:22/", "bad_port"),
        ("https://example.com:6379/", "bad_port"),
        ("https://127.0.0.1/", "not_public"),
        ("http://[::1]/", "not_public"),
        ("http://[::ffff:10.0.0.1]/", "not_public"),
        ("http://169.254.169.254/latest/meta-data/", "not_public"),
    ],
)
def test_an_address_is_refused_by_its_text(url, code):
    with pytest.raises(addresses.AddressRefused) as refused:
        addresses.read(url, ports=PORTS)
    assert [reason.code for reason in refused.value.reasons] == [code]


def test_an_address_is_taken_apart():
    assert addresses.read("https://Example.com/in?x=1", ports=PORTS) == addresses.Target(
        "https", "example.com", 443, "/in?x=1"
    )
    odd = addresses.read("http://[2606:4700::1111]:443", ports=PORTS)
    assert (odd.path, odd.host_header) == ("/", "[2606:4700::1111]:443")


@pytest.mark.rule("W4")
def test_a_name_with_one_address_inside_is_refused_whole():
    found = [ip_address("8.8.8.8"), ip_address("10.0.0.1")]
    for some in (found, []):
        with pytest.raises(addresses.AddressRefused):
            addresses.judge(some, networks=(), url="https://example.com/")
    addresses.judge(found, networks=[ip_network("10.0.0.0/24")], url="https://example.com/")


@pytest.mark.rule("W4")
def test_the_signature_is_that_of_the_published_example():
    """The worked example of standardwebhooks.com's own libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    said = {"message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": 1614265330, "body": body}
    one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signatures.sign([secret], **said) == one
    assert signatures.secret_text(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    first, second = signatures.sign([secret, b"another"], **said).split(" ")
    assert (first, second[:3], len(second)) == (one, "v1,", len(one))


@pytest.mark.rule("W4")
def test_waits_grow_are_spread_and_end():
    waits = [backoff.wait_after(n, lambda most: 0) for n in range(1, backoff.MOST_ATTEMPTS + 1)]
    assert waits == [*backoff.WAITS, None]
    assert sorted(backoff.WAITS) == list(backoff.WAITS)
    latest = backoff.wait_after(2, lambda most: most - 1)
    assert latest == timedelta(seconds=72)
