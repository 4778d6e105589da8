"""People as the API shows and changes them."""

import asyncio
from collections.abc import Iterable

from calha.api.access import Caller
from calha.api.schemas_accounts import GrantAnswer, PersonAnswer, PersonChange
from calha.store.accounts import GrantRow, PersonRow

CLEARABLE = frozenset({"email", "user_name"})  # one of them


def person_answer(person: PersonRow, grants: Iterable[GrantRow]) -> PersonAnswer:
    answer = PersonAnswer.model_validate(person)
    answer.grants = [GrantAnswer.model_validate(grant) for grant in grants]
    return answer


async def changed_person(caller: Caller, person_id: int, change: PersonChange) -> PersonAnswer:
    """Change name, address, user name or language. Raises NotFound, Conflict, Malformed (no login left)."""
    people = caller.accounts.people
    given = change.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in CLEARABLE}
    before = await asyncio.to_thread(people.get, person_id)
    person = await asyncio.to_thread(lambda: people.update(person_id, **changes))
    await caller.note(
        "person.changed", f"person {person_id}", {name: getattr(before, name) for name in changes}, changes
    )
    return person_answer(person, await asyncio.to_thread(people.grants, person_id))
