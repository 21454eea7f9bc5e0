"""The story that has to run, with real programs, real keystrokes and PostgreSQL: see story.py."""

from __future__ import annotations

import json
from pathlib import Path

from tests.journeys.story import A_NUMBER, FAMILY_NAME, NARRATIVE, PAPERS, Story
from tests.postgres import temporary_postgres


def test_one_visit_from_the_invitation_to_the_signed_papers(tmp_path: Path) -> None:
    said: list[str] = []
    with temporary_postgres() as url:
        ok = Story(tmp_path / "demo", url, said.append).tell()
    assert ok, "\n".join(said)
    told = json.loads((tmp_path / "demo" / "demo.json").read_text())
    assert all(step["ok"] for step in told)
    assert len(list((tmp_path / "demo").glob("*.png"))) >= 30
    for file in PAPERS:
        assert (tmp_path / "demo" / file).read_bytes().startswith(b"%PDF")
    secrets = [text.encode() for text in (FAMILY_NAME, A_NUMBER, NARRATIVE)]
    for path in (tmp_path / "demo" / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path.name
