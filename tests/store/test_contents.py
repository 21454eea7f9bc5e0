"""Documents in the store: whole and in pieces, with their record or not at all, gone when they are destroyed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.attachments import AddAttachment, AttachmentFields
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.entries import Records, RemoveRecord
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import contents
from cmpp_desktop.store.contents import PIECE
from tests.store.laptops import Laptop, family


def attached(ana: Laptop, participant: UUID, data: bytes, **more: Any) -> UUID:
    digest = hashlib.sha256(data).hexdigest()
    with ana.work() as commit:
        done = handle(AddAttachment(participant, "Notice", digest, len(data), "application/pdf", **more), commit.work)
        assert commit.work.keep_content(data) == digest
        commit()
    return done.id


def somebody(ana: Laptop) -> UUID:
    done = ana.do(family())
    assert done.more is not None
    found: UUID = done.more["participant_ids"][0]
    return found


def test_a_document_is_there_with_its_record(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    marisela = somebody(ana)
    notice = b"%PDF-1.7 notice of hearing"
    attached(ana, marisela, notice)
    (record,) = ana.ask(Records("attachment", marisela))
    assert ana.store.content(record.fields.content_hash) == notice
    ana.reopen()
    assert ana.store.content(record.fields.content_hash) == notice


def test_what_was_not_committed_left_no_content(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    with ana.work() as commit:
        digest = commit.work.keep_content(b"half way")
    assert ana.store.content(digest) is None


def test_a_document_of_two_people_is_kept_once_and_stays_until_both_records_are_destroyed(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    marisela = somebody(ana)
    first = attached(ana, marisela, b"one notice for the family")
    second = attached(ana, marisela, b"one notice for the family")
    digest = hashlib.sha256(b"one notice for the family").hexdigest()
    for record, left in ((first, True), (second, False)):
        with ana.work() as commit:
            commit.work.destroy(AttachmentFields, record)
            commit()
        assert (ana.store.content(digest) is not None) == left


def test_one_that_was_removed_by_mistake_comes_back_with_its_content(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    marisela = somebody(ana)
    record = attached(ana, marisela, b"notice")
    done = ana.do(RemoveRecord("attachment", record))
    assert done.undo is not None
    ana.do(done.undo)
    assert ana.store.content(hashlib.sha256(b"notice").hexdigest()) == b"notice"


def test_a_content_that_is_not_what_its_hash_says_is_not_given_out(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    with ana.work() as commit:
        digest = commit.work.keep_content(b"notice")
        commit.work._connection.exec_driver_sql("UPDATE content SET body=x'00'")
        commit()
    with pytest.raises(KnownError) as said:
        ana.store.content(digest)
    assert said.value.code == "store_damaged"


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(size=st.sampled_from([1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]), byte=st.integers(0, 255))
def test_any_size_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, size: int, byte: int) -> None:
    ana = Laptop(tmp_path_factory.mktemp("laptop") / "ana")
    data = bytes([byte]) * (size - 1) + b"."
    with ana.work() as commit:
        digest = contents.add(commit.work._connection, data)
        commit()
    assert ana.store.content(digest) == data


def test_no_piece_of_a_document_lies_readable_in_the_profile(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    marisela = somebody(ana)
    attached(ana, marisela, b"the words of a notice that nobody else may read")
    ana.store.close()
    for path in ana.folder.iterdir():
        assert b"that nobody else may read" not in path.read_bytes()
