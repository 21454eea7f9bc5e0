"""What leaves the house, and what comes in from outside: papers under consent, and the directory of organisations."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.cases import CaseOpening, CloseCase, OpenCase
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent, WithdrawConsent
from cmpp_desktop.domain.directory import DirectorySearch
from cmpp_desktop.domain.disclosures import Disclosures
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.retention import DestroyFile
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import AttachmentRequest, CaseSummaryRequest, CertificateRequest, Workspace
from tests.journeys.office import founded
from tests.reports.pdf_reader import Paper as Printed

ALDER = "Alder Legal Aid"


@pytest.fixture
def denise(tmp_path: Path) -> Iterator[Workspace]:
    door = founded(tmp_path / "denise", "https://sync.example")
    yield door
    door.close()


@pytest.fixture
def farid(denise: Workspace) -> UUID:
    person = NewPerson(PersonName(given="Farid", family="Rahimi"))
    return denise.do(RegisterHousehold((person,), ConsentGiven())).id


def test_farids_summary_goes_to_his_lawyer_and_the_ledger_knows(denise: Workspace, farid: UUID, tmp_path: Path) -> None:
    paper = denise.paper(CaseSummaryRequest(farid, "for the lawyer"))
    target = tmp_path / paper.file_name
    with pytest.raises(KnownError) as refused:
        denise.share_paper(paper, target, scope="share_legal", recipient=ALDER)
    assert refused.value.code == "needs_consent"
    assert not target.exists()
    consent = denise.do(RecordConsent(farid, ConsentGiven(("share_legal",), ALDER, "asylum", expires_on=date(2099, 1, 1)))).id
    denise.share_paper(paper, target, scope="share_legal", recipient="alder legal aid")
    assert target.read_bytes() == paper.pdf
    with pytest.raises(KnownError, match="file_not_written"):
        denise.share_paper(paper, tmp_path / "nowhere" / "x.pdf", scope="share_legal", recipient=ALDER)
    (line,) = denise.ask(Disclosures(farid))  # what was not written was not shared
    assert (line.what, line.title, line.consent_id, line.shared_by) == ("paper", "Case summary", consent, "Denise Okafor")
    denise.do(WithdrawConsent(consent))
    assert [item.withdrawn for item in denise.ask(Disclosures(farid, consent))] == [True]
    with pytest.raises(KnownError, match="needs_consent"):
        denise.share_paper(paper, target, scope="share_legal", recipient=ALDER)
    denise.share_paper(paper, target, scope="share_legal", recipient=ALDER, override_reason="A court order of today")
    assert [item.override_reason for item in denise.ask(Disclosures(farid))] == ["A court order of today", ""]


TABLES = {
    "organizations.csv": "id,name\no1,Cedar Street Food Pantry\n",
    "services.csv": "id,organization_id,name\ns1,o1,Food boxes\ns2,,Lost\n",
}


def test_a_directory_is_looked_at_brought_in_and_stopped(denise: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "hsds"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / name).write_text(text)
    plan = denise.preview_directory(folder)
    assert (plan.services.new, plan.left_out) == (1, 1)
    (problem,) = plan.problems
    assert (problem.file, problem.row, problem.column, problem.reason) == ("services.csv", 3, "organization_id", "missing")
    with pytest.raises(KnownError) as refused:
        denise.import_directory(folder)
    assert (refused.value.code, refused.value.facts) == ("import_refused", {"rows": 1})
    with pytest.raises(KnownError, match="import_cancelled"):
        denise.import_directory(folder, leave_out=True, cancelled=lambda: True)
    assert denise.ask(DirectorySearch()).rows == ()
    heard: list[tuple[int, int]] = []
    done = denise.import_directory(folder, leave_out=True, progress=lambda done, of: heard.append((done, of)))
    assert (done.organizations.new, done.services.new, heard[-1]) == (1, 1, (2, 2))
    assert [row.name for row in denise.ask(DirectorySearch("boxes")).rows] == ["Food boxes"]
    with pytest.raises(KnownError, match="file_unreadable"):
        denise.preview_directory(tmp_path / "not-there.json")


def test_a_document_that_is_given_to_somebody_stands_in_the_ledger_as_a_document(
    denise: Workspace, farid: UUID, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(denise.paper(CaseSummaryRequest(farid)).pdf)
    kept = denise.attach(letter, farid, title="Letter from school").id
    denise.do(RecordConsent(farid, ConsentGiven(("share_legal",), ALDER, "asylum")))
    denise.share_paper(denise.paper(AttachmentRequest(kept)), tmp_path / "out.pdf", scope="share_legal", recipient=ALDER)
    (line,) = denise.ask(Disclosures(farid))
    assert (line.what, line.title, line.subject_id) == ("document", "Letter from school", kept)


def test_the_data_dictionary_is_written_as_its_name_says_and_that_is_written_down(denise: Workspace, tmp_path: Path) -> None:
    table, tree = tmp_path / "dictionary.csv", tmp_path / "dictionary.JSON"
    count = denise.export_dictionary(table)
    assert denise.export_dictionary(tree, language="es") == count
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    assert len(rows) == count
    assert {"id", "kind", "field", "label", "type"} <= set(rows[0])
    assert len(json.loads(tree.read_text("utf-8"))["items"]) == count
    assert [row.subject_kind for row in denise.ask(AuditTrail()) if row.action == "exported"] == ["dictionary"] * 2
    with pytest.raises(KnownError, match="file_not_written"):
        denise.export_dictionary(tmp_path / "nowhere" / "dictionary.csv")


def test_a_destroyed_file_leaves_a_paper_that_names_its_witness_and_nobody_else(denise: Workspace, farid: UUID) -> None:
    witness = UUID(int=0xA77)
    team = denise.ask(Organisation()).teams[0][0]
    denise.do(NameStaffMember(witness, "Wilma Witness", "supervisor", team))
    denise.do(AddRecord("award", {"number": "97.102-A", "final_report_on": date(2015, 3, 1)}))
    case = denise.do(OpenCase(farid, CaseOpening(award="97.102-A"))).id
    denise.do(WriteNote(farid, "Called"))
    denise.do(CloseCase(case, "completed", tasks="keep"))
    certificate = denise.do(DestroyFile(farid, witness)).id
    paper = denise.paper(CertificateRequest(certificate))
    printed = Printed(paper.pdf)
    printed.check()
    assert "Wilma Witness" in printed.text
    assert "Rahimi" not in printed.text + paper.file_name
    assert (paper.about, paper.subject) == (None, ("destruction", certificate))
    assert [row.subject_kind for row in denise.ask(AuditTrail()) if row.action == "paper_made"] == ["destruction"]
