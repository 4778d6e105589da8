"""People as the API shows them."""

from collections.abc import Iterable

from calha.api.schemas_accounts import GrantAnswer, PersonAnswer
from calha.store.accounts import GrantRow, PersonRow


def person_answer(person: PersonRow, grants: Iterable[GrantRow]) -> PersonAnswer:
    answer = PersonAnswer.model_validate(person)
    answer.grants = [GrantAnswer.model_validate(grant) for grant in grants]
    return answer
