"""DataButcher's users: accounts of Calha that register themselves, sign in, and come with a token.

The token looks as it did (HS256; user_id, nome_usuario, exp after 24 h), is signed with a key that only this Calha has, and
holds as long as its session: it ends when the person is blocked, changes his password, or ends the session in Calha.
Whoever registers is given no role: he sees the machines that he claims, and nothing else.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from calha.accounts import passwords
from calha.accounts.accounts import Accounts
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Throttle
from calha.compat.databutcher.ids import new_id
from calha.compat.databutcher.wire import Fault
from calha.domain.access import Principal
from calha.domain.errors import Conflict, Malformed, NotFound, NotSignedIn, TooManyTries
from calha.store.databutcher.store import DataButcherStore, UserRow

LIFETIME = timedelta(hours=24)
ALGORITHM = "HS256"
FREE_REGISTRATIONS = 20  # of one address, before each further one has to wait
NAME = re.compile(
    r"[^@\s\0](?:[^@\x00-\x1f]{0,62}[^@\s\0])?"
)  # an address is nobody's name, so that nobody takes another's


@dataclass(frozen=True, slots=True)
class User:
    """code: as user_id of the API."""

    principal: Principal
    code: str


class Users:
    def __init__(self, accounts: Accounts, store: DataButcherStore, registration: bool, password_chars: int) -> None:
        """registration: whether people may make accounts for themselves. password_chars: of the shortest password."""
        self._accounts = accounts
        self._store = store
        self._registration = registration
        self._password_chars = password_chars
        self._key = sha256(f"databutcher {accounts.keyring.token_key}".encode()).hexdigest()
        self._registrations = Throttle(free_tries=FREE_REGISTRATIONS)

    def register(self, name: object, password: object, company: object, email: object, visitor: Visitor) -> None:
        """Raises Fault, TooManyTries."""
        if not self._registration:
            raise Fault(403, "O cadastro está fechado. Peça um convite ao administrador.")
        if not (name and password and isinstance(name, str) and isinstance(password, str)):
            raise Fault(400, "Usuário e senha são obrigatórios")
        wait_s = self._registrations.wait_s(visitor.address)
        if wait_s > 0:
            raise TooManyTries(wait_s)
        self._registrations.failed(visitor.address)
        name = name.strip()
        if not NAME.fullmatch(name):
            raise Fault(400, "O nome tem de 1 a 64 caracteres, sem @")
        try:
            passwords.require_good(password, (name, _text(company), _text(email)), self._password_chars)
            person = self._accounts.people.create(name, None, name, passwords.hashed(password))
        except Malformed:
            most = passwords.MAX_CHARS
            raise Fault(
                400,
                f"A senha precisa ter de {self._password_chars} a {most} caracteres e não pode ser fácil de adivinhar",
            ) from None
        except Conflict:
            raise Fault(400, "Erro ao cadastrar usuário") from None
        self._store.add_user(UserRow(new_id(), person.id, _text(company), _text(email)))
        self._accounts.audit.append(person.actor, "person.registered", f"person {person.id}", address=visitor.address)

    def sign_in(self, name: object, password: object, code: object, visitor: Visitor) -> tuple[str, str]:
        """(token, user's code). Raises Fault, TooManyTries."""
        if not (isinstance(name, str) and isinstance(password, str) and name and password) or "\0" in name:
            raise Fault(401, "Credenciais inválidas")
        second = code if isinstance(code, str) else None
        try:
            signed_in = self._accounts.sign_in.with_password(name, password, second, visitor, "client", LIFETIME)
        except NotSignedIn as error:
            if error.reason == "second_factor_required":
                raise Fault(401, "Esta conta exige o código do segundo fator (campo codigo)") from None
            raise Fault(401, "Credenciais inválidas") from None
        user = self.code_of(signed_in.person.id)
        return self._token(user, name, signed_in.session_id), user

    def code_of(self, person_id: int) -> str:
        """A person's code, made when he comes for the first time."""
        found = self._store.user(person_id)
        if found is None:
            found = UserRow(new_id(), person_id, "", "")
            self._store.add_user(found)
        return found.code

    async def by_header(self, authorization: str | None) -> User:
        """Who a token is, with or without `Bearer` before it. Raises Fault."""
        if not authorization:
            raise Fault(401, "Token está faltando!", "message")
        return await asyncio.to_thread(self._by_token, authorization.removeprefix("Bearer ").strip())

    def _token(self, user: str, name: str, session_id: str) -> str:
        from joserfc import jwt
        from joserfc.jwk import OctKey

        expires_at = int(time.time() + LIFETIME.total_seconds())
        claims = {"user_id": user, "nome_usuario": name, "exp": expires_at, "sid": session_id}
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, OctKey.import_key(self._key))

    def _by_token(self, token: str) -> User:
        from joserfc import jwt
        from joserfc.errors import ExpiredTokenError, JoseError
        from joserfc.jwk import OctKey

        try:
            decoded = jwt.decode(token, OctKey.import_key(self._key), algorithms=[ALGORITHM])
            jwt.JWTClaimsRegistry(exp={"essential": True}).validate(decoded.claims)
            code, session_id = str(decoded.claims["user_id"]), str(decoded.claims["sid"])
        except ExpiredTokenError:
            raise Fault(401, "Token expirado!", "message") from None
        except (JoseError, ValueError, KeyError):
            raise Fault(401, "Token inválido!", "message") from None
        row, session = self._store.user_of_code(code), self._accounts.sessions.get(session_id)
        if row is None or session is None or session.person_id != row.person_id:
            raise Fault(401, "Token expirado!", "message")
        try:
            return User(self._accounts.door.person(row.person_id, session_id), code)
        except (NotSignedIn, NotFound):
            raise Fault(401, "Token inválido!", "message") from None


def _text(given: object) -> str:
    return given.replace("\0", "").strip() if isinstance(given, str) else ""
