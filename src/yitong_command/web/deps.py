"""What endpoints are given: the parts of the service, the person, the time."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web, web_of


def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


WebDep = Annotated[Web, Depends(web_of)]
PersonDep = Annotated[Person, Depends(_person)]
