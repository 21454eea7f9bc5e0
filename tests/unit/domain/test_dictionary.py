"""The data dictionary says what the models say, in both languages, and the copy in docs/ is of today."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from cmpp_desktop.domain import dictionary
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.words import load, load_codes

DOCS = Path(__file__).parents[3] / "docs" / "data-dictionary.md"


def test_the_dictionary_in_docs_is_the_one_of_the_models() -> None:
    assert DOCS.read_text("utf-8") == dictionary.as_markdown(load("en"))


def test_every_field_has_a_name_in_both_languages() -> None:
    for language in ("en", "es"):
        words = load(language)
        assert [item.id for item in dictionary.rows(words) if item.label == item.field] == []
    names = load_codes()["field"]
    assert [code.id for code in names.values() if not code.names.get("es")] == []


def test_every_code_list_and_kind_that_a_field_names_exists() -> None:
    lists = load_codes()
    for item in dictionary.rows(load("en")):
        assert not item.codes or item.codes in lists, item.id
        assert not item.refers or item.refers in KINDS, item.id


def test_the_exports_hold_every_field_once() -> None:
    words = load("es")
    ids = [item.id for item in dictionary.rows(words)]
    assert len(ids) == len(set(ids)) == sum(len(model.model_fields) for model in KINDS.values())
    assert [row["id"] for row in csv.DictReader(io.StringIO(dictionary.as_csv(words)))] == ids
    whole = json.loads(dictionary.as_json(words))
    assert [item["id"] for item in whole["items"]] == ids
    assert {code["code"] for code in whole["codes"]["obligation_type"]} >= {"master_hearing", "ice_check_in"}
