"""Bodies about people: signing in, one's own account, roles, keys, the audit log."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, SiteId
from calha.domain.access import Permission, Role

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Maria Souza"])]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, examples=["maria@example.org"])]
UserName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{2,64}$", examples=["maria"])]
Login = Annotated[str, Field(min_length=1, max_length=254, examples=["maria@example.org"])]
Password = Annotated[str, Field(min_length=1, max_length=200, examples=["canoa lenta abacaxi 7"])]
Code = Annotated[str, Field(min_length=6, max_length=20, examples=["123456"])]
Secret = Annotated[str, Field(min_length=20, max_length=200, examples=["q0m3yJ7cQ2mZ0fR1xT8kWbHn"])]
LinkSecret = Annotated[str, Field(min_length=20, max_length=500, examples=["q0m3yJ7cQ2mZ0fR1xT8kWbHn"])]
Language = Literal["pt-BR", "en"]


class SetUpState(Answer):
    needed: bool = Field(description="Whether nobody administers this installation yet.")
    openid: str | None = Field(
        description="What the button for the OpenID Connect provider says; null without one.", examples=["Company"]
    )
    reset_by_mail: bool = Field(description="Whether whoever has forgotten his password is sent a link.")


class SetUp(Body):
    link: Secret
    name: Name
    email: Email | None = None
    user_name: UserName | None = None
    password: Password
    language: Language = "pt-BR"


class Credentials(Body):
    login: Login
    password: Password
    code: Code | None = Field(None, description="Of the second factor, or a recovery code.")


class GrantAnswer(Answer):
    id: int
    role: Role
    site_id: int | None = Field(description="null: the whole installation.")


class PersonAnswer(Answer):
    id: int
    name: str
    email: str | None = Field(examples=["maria@example.org"])
    user_name: str | None = Field(examples=["maria"])
    language: str = Field(examples=["pt-BR"])
    state: Literal["active", "blocked", "anonymised"]
    created_at: datetime
    has_password: bool
    has_second_factor: bool
    grants: list[GrantAnswer] = Field(default_factory=list)


class Identity(Answer):
    """By whom a person is known at a provider of OpenID Connect that signs him in."""

    issuer: str = Field(examples=["https://login.example.com"])
    subject: str = Field(examples=["248289761001"])


class Identities(Answer):
    items: list[Identity]


class Me(Answer):
    """csrf_token: to be sent as X-CSRF-Token with every change. permissions: by what they allow, the sites; null: all."""

    person: PersonAnswer | None
    name: str
    kind: str
    csrf_token: str | None = Field(examples=["5f1c…"])
    permissions: dict[str, list[int] | None] = Field(examples=[{"view": None, "operate": [3, 4]}])
    owns_devices: bool
    zone: str = Field(
        description="IANA time zone of the installation: of what stands on no site.", examples=["America/Sao_Paulo"]
    )


class TokenAnswer(Answer):
    access_token: str = Field(examples=["eyJhbGciOi…"])
    refresh_token: str = Field(description="Serves once; the answer brings the next one.", examples=["q0m3…"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a word of OAuth
    expires_in_s: int = Field(examples=[900])


class Refresh(Body):
    refresh_token: Secret


class LinkState(Answer):
    purpose: Literal["set_up", "invite", "reset", "forgotten", "address"]
    name: str | None
    login: str | None = Field(examples=["maria@example.org"])
    email: str | None = Field(None, description="That it confirms.", examples=["maria@example.org"])


class PasswordByLink(Body):
    link: Secret
    password: Password
    code: Code | None = Field(None, description="Of the second factor, where the link came by e-mail.")


class ForgottenPassword(Body):
    login: Login


class LinkQuestion(Body):
    link: LinkSecret


class PasswordQuestion(Body):
    password: Password
    words: list[Annotated[str, Field(max_length=254)]] = Field([], max_length=5, examples=[["maria"]])


class PasswordStrength(Answer):
    score: Annotated[int, Field(ge=0, le=4, description="0 falls at once, 4 is very strong.", examples=[3])]
    known: bool
    good: bool = Field(description="Whether Calha takes it.")


class PasswordChange(Body):
    old: Password
    new: Password


class PersonChange(Body):
    name: Name | None = None
    email: Email | None = None
    user_name: UserName | None = None
    language: Language | None = None


class AccountChange(PersonChange):
    password: Password | None = Field(None, description="The present one; needed for another e-mail address.")


class AccountAnswer(PersonAnswer):
    confirm: str | None = Field(
        None,
        description="Address that counts once the link is opened that was mailed to it.",
        examples=["me@example.org"],
    )


class AddressByLink(Body):
    link: LinkSecret


class AddressConfirmed(Answer):
    email: str = Field(examples=["maria@example.org"])


class SessionAnswer(Answer):
    id: str = Field(examples=["6f1c…"])
    kind: Literal["browser", "client"]
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = Field(examples=["192.0.2.7"])
    agent: str = Field(examples=["Mozilla/5.0"])
    current: bool


class SecondFactorKey(Answer):
    key: str = Field(examples=["JBSWY3DPEHPK3PXP"])
    address: str = Field(description="otpauth:// for the authenticator app.", examples=["otpauth://totp/Calha:maria"])
    qr_svg: str = Field(examples=["<svg/>"])


class SecondFactorProof(Body):
    key: Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Z2-7]+$", examples=["JBSWY3DPEHPK3PXP"])]
    code: Code
    password: Password | None = Field(None, description="The present one, of whoever has a password.")


class RecoveryCodes(Answer):
    codes: list[str] = Field(description="Each serves once, for a lost phone.", examples=[["abcde-fghjk"]])


class PasswordProof(Body):
    password: Password


class PasskeyWish(Body):
    password: Password | None = Field(None, description="The present one, of whoever has a password.")


class PasskeyBegin(Answer):
    ticket: str = Field(examples=["q0m3…"])
    options: dict[str, Any] = Field(examples=[{"challenge": "…"}])


class PasskeyProof(Body):
    ticket: Annotated[str, Field(max_length=100, examples=["q0m3…"])]
    credential: dict[str, Any] = Field(examples=[{"id": "…", "response": {}}])
    name: Annotated[str, Field(max_length=100, examples=["My phone"])] = ""


class PasskeyAnswer(Answer):
    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


class NewGrant(Body):
    role: Role
    site_id: SiteId | None = Field(None, description="null: the whole installation.", examples=[1])


class NewPerson(Body):
    name: Name
    email: Email | None = None
    user_name: UserName | None = None
    language: Language = "pt-BR"
    grants: list[NewGrant] = Field([], max_length=50, examples=[[{"role": "operator", "site_id": 1}]])
    by_mail: bool = Field(False, description="Send him the link by e-mail; needs a mail server.", examples=[True])


class PersonState(Body):
    state: Literal["active", "blocked"]


class Invitation(Answer):
    person: PersonAnswer
    link: str = Field(description="Works once.", examples=["http://127.0.0.1:8080/link#q0m3…"])
    is_mailed: bool = Field(description="Whether it is on its way to the person.", examples=[True])


class NewKey(Body):
    name: Name
    role: Role = Role.VIEWER
    site_id: SiteId | None = Field(None, description="null: the whole installation.", examples=[1])
    scopes: list[Permission] = Field(
        min_length=1, max_length=len(Permission), description="The most that the key may do."
    )
    expires_at: datetime | None = None


class KeyAnswer(Answer):
    id: int
    name: str
    start: str = Field(description="How the key begins, to tell it from others.", examples=["calha_key_q0m3"])
    role: Role
    site_id: int | None
    scopes: list[Permission]
    made_by: str = Field(description="As he was called then.", examples=["maria@example.org"])
    made_by_id: int | None = Field(
        description="The person, also where he did it with another key; null if it was none, and of old keys.",
        examples=[7],
    )
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class KeyMade(KeyAnswer):
    key: str = Field(description="Shown here and never again.", examples=["calha_key_q0m3…"])


class AuditAnswer(Answer):
    id: int
    at: datetime
    actor: str = Field(description="As he was called then.", examples=["maria@example.org"])
    actor_id: str | None = Field(
        description="Of a person or an API key, whatever it is called now; empty for others, null in old entries.",
        examples=["person 7"],
    )
    action: str = Field(examples=["device.created"])
    target: str = Field(examples=["device pump-1"])
    before: str = Field(examples=[""])
    after: str = Field(examples=['{"profile": "water_flow"}'])
    address: str = Field(examples=["192.0.2.7"])
    hash: str = Field(examples=["9b3c…"])


class AuditVerdict(Answer):
    entries: int = Field(examples=[412])
    broken_at: int | None = Field(description="The first entry that does not fit; null if all do.", examples=[None])
    last_hash: str = Field(examples=["9b3c…"])
