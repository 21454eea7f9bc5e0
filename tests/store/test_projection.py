"""The lines of People are made again from whatever arrives together: known people and new ones, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import UUID

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import PersonName
from tests.store.laptops import DAY, Laptop

Make = Callable[..., Laptop]


def test_known_people_and_new_ones_with_any_ids_come_in_one_unit_of_work(a_laptop: Make) -> None:
    laptop = a_laptop()
    chance = random.Random(5)
    ids = [UUID(int=number) for number in chance.sample(range(1, 1000), 60)]
    for at in range(0, 60, 6):
        with laptop.work() as commit:
            for id in ids[:at]:  # everybody who is there changes, the newest line too
                commit.work.change(ParticipantFields, id, preferred_name=f"P{at}")
            for id in ids[at : at + 6]:
                commit.work.add(ParticipantFields(legal_name=PersonName(given="Ana", family=f"Nr{id.int}")), id=id)
            commit()
    answer = laptop.ask(People(DAY, text="nr"))
    assert (answer.everybody, answer.matching) == (60, 60)
    assert laptop.ask(People(DAY, text=f"nr{ids[-1].int}")).rows[0].id == ids[-1]
