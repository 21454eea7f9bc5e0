"""The driver takes ids, clocks, yes, no and nothing as they are, and does not look for somebody who makes something of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as driver

from cmpp_desktop.store.database import connect


@pytest.mark.parametrize("value", [b"", bytes(range(256)), True, False, None])
def test_what_most_columns_hold_is_bound_at_once_and_comes_back_the_same(tmp_path: Path, value: Any) -> None:
    connection = connect(tmp_path / "one.db", bytes(32))
    connection.execute("CREATE TABLE one(value)")
    connection.executemany("INSERT INTO one VALUES (?)", [(value,)])
    assert connection.execute("SELECT value, typeof(value) FROM one").fetchone() == (
        value,
        {bytes: "blob", bool: "integer", type(None): "null"}[type(value)],
    )
    connection.close()
    assert driver.adapt(value) == value  # raises ProgrammingError where the driver has to look for it
