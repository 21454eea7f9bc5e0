"""Whatever a table says: what passes the preview is written, whole, and is taken back whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.import_vocabulary import FIELDS
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import founded
from tests.store.test_import import names, table


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One laptop for all examples: each takes its import back."""
    folder = tmp_path_factory.mktemp("people") / "laptop"
    door = founded(folder, "http://127.0.0.1:9", lambda: datetime(2026, 11, 24, 15, tzinfo=UTC))
    yield door
    door.close()


CELLS = {
    "household": ("7", "Gil", "", "٧"),
    "relationship": ("head", "son", "", "self"),
    "a_number": ("219874907", "A19-874-908", ""),
    "obligation": ("master", "individual", ""),
    "email": ("rosa@example.org", ""),
    "phone": ("(212) 555-0143", "home: 212 555 0143 / 0144", "٢١٢٥٥٥٠١٤٣", ""),
    "postal_code": ("2138", "02138-1234", ""),
    "languages": ("Mam, Spanish", "es", ""),
    "nationality": ("Guatemala", "MX", ""),
    "interpreter": ("x", "no", ""),
    "obligation_time": ("02:30", "9 am", ""),  # 02:30 is no time at all on the night when clocks go forward
}
DATES = st.sampled_from(("2028-02-29", "2027-03-14", "2026-11-01", "2100-01-01", "1900-01-01", "2024-02-29", ""))
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
WORDS = TEXTS | st.sampled_from(("=1+1", "محمد", "\u202eRosa\u202c", "x" * 201, "\u200d", "O’Brien", "𝓡𝓸𝓼𝓪"))


def cell(name: str) -> st.SearchStrategy[str]:
    if name in CELLS:
        return st.sampled_from(CELLS[name])
    return DATES if name in ("birth", "arrived", "obligation_day") else WORDS


COLUMNS = [name for name in FIELDS if name not in ("gender", "birth_country", "birth_estimated", "obligation_mode")]
ROWS = st.lists(st.tuples(*(cell(name) for name in COLUMNS)), min_size=1, max_size=6)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS)
@example(rows=[tuple({"given": "Rosa", "obligation": "master", "obligation_day": "2027-03-14", "obligation_time": "02:30",
                      "email": "rosa@example.org", "postal_code": "2138"}.get(name, "") for name in COLUMNS)])  # fmt: skip
@example(rows=2 * [tuple({"a_number": "219874907", "obligation": "master", "obligation_day": "2028-02-29"}.get(name, "")
                         for name in COLUMNS)])  # fmt: skip  # the first is about nobody, and so is the second
def test_what_passed_the_preview_is_written_whole_and_taken_back_whole(
    office: Workspace, tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    if not any(any(letter.isalpha() for letter in "".join(row)) for row in rows):
        return
    seen = office.preview_import(table(tmp_path, *rows, headings=COLUMNS))
    if not seen.rows:
        return
    done = office.run_import(seen, seen.suggested)
    more: Any = done.more
    assert more["counts"]["participants"] == len(names(office))
    assert done.undo is not None
    office.do(done.undo)
    assert names(office) == []
