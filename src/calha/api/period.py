"""The period that a request asks for: its query parameters `from` and `to`."""

from typing import Annotated

from fastapi import Query

From = Annotated[str | None, Query(alias="from", max_length=40, description="A day ago when missing.")]
To = Annotated[str | None, Query(max_length=40, description="Exclusive; now when missing.")]
