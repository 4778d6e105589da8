"""Web push: the example of RFC 8291, and a browser of our own that decrypts what a real receiver got."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from calha.domain.errors import Malformed
from calha.watch.notify.push import Subscription, Vapid, encrypted, packed, unpacked
from push_browser import Browser


def test_the_example_of_rfc_8291_appendix_a():
    own = unpacked("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    private = ec.derive_private_key(int.from_bytes(own), ec.SECP256R1())
    to = Subscription.read(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = encrypted(b"When I grow up, I want to be a watermelon", to, private, unpacked("DGv6ra1nlYgDCS1FRnbzlw"))
    assert packed(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_what_is_encrypted_only_its_browser_reads():
    browser = Browser()
    to = Subscription.read("https://push.example.net/x", packed(browser.public), packed(browser.auth))
    assert browser.decrypt(encrypted("Nível alto".encode(), to)) == "Nível alto".encode()


def test_the_sender_proves_himself_to_the_push_service_and_his_key_stays_the_same():
    vapid = Vapid(b"seed", "https://calha.example.org")
    scheme, token, key = vapid.proof("https://push.example.net:444/push/abc", 1_000).replace(",", "").split(" ")
    assert scheme == "vapid"
    head, claims, signature = token.removeprefix("t=").split(".")
    assert json.loads(unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    said = json.loads(unpacked(claims))
    assert said == {"aud": "https://push.example.net:444", "exp": 1_000 + 12 * 3600, "sub": "https://calha.example.org"}
    raw = unpacked(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(key.removeprefix("k=")))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert Vapid(b"seed", "x").public == vapid.public
    assert Vapid(b"other", "x").public != vapid.public


@pytest.mark.parametrize(
    ("key", "auth"),
    [("AAAA", "BTBZMqHH6r4Tts7J_aSIgg"), ("!", "!"), (packed(b"\x04" + b"\1" * 64), "BTBZMqHH6r4Tts7J_aSIgg")],
)
def test_what_no_browser_made_is_refused(key, auth):
    with pytest.raises(Malformed):
        Subscription.read("https://push.example.net/x", key, auth)
