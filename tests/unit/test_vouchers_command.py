"""`broker vouchers make`, `list`, `withdraw`: a sheet to print, and counts; never a code but on the sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno
from click.testing import CliRunner, Result
from sqlalchemy import text

from broker.cli import main
from broker.core.voucher import typed_voucher_code
from broker.store.sql import Database
from tests.support.app import ISSUER

CODE = re.compile(r"[B-Z]{5}-[B-Z]{5}-[B-Z]{5}")
TERMS = {"--label": "Gymnasium am See, Klasse 9", "--count": "3", "--municipality": "01003000", "--age-over": "14"}


pytestmark = pytest.mark.usefixtures("command_environment")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "sheet.html"


@pytest.fixture
def next_year() -> str:
    from broker.core.transforms import german_day
    from broker.opened_stores import utc_now

    day = german_day(utc_now())
    return day.replace(year=day.year + 1, day=1).isoformat()


def vouchers(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["vouchers", *arguments])


def makes(out: Path, last_day: str, **changes: str | None) -> Result:
    terms = {**TERMS, "--valid-until": last_day, "--out": str(out), **{f"--{name}": value for name, value in changes.items()}}
    return vouchers("make", *(word for name, value in terms.items() if value is not None for word in (name, value)))


def test_the_sheet_has_every_code_as_text_and_picture_and_nobody_else_has_them(out: Path, next_year: str, quick_database: Database) -> None:
    shown = makes(out, next_year)
    assert shown.exit_code == 0, shown.output
    sheet = out.read_text(encoding="utf-8")
    codes = CODE.findall(sheet)
    assert len(codes) == len(set(codes)) == 3
    assert all(typed_voucher_code(code) == code for code in codes)
    for code in codes:
        picture = segno.make_qr(f"{ISSUER}/voucher#{code}", error="m").svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
        assert picture in sheet
    assert "Gymnasium am See, Klasse 9" in sheet
    assert "mindestens 14 Jahre alt" in sheet
    assert not CODE.search(shown.output)
    kept = str([quick_database.all(text(f"SELECT * FROM {table}")) for table in ("vouchers", "voucher_batches")])
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_the_sheet_is_for_its_owner_only_and_loads_nothing(out: Path, next_year: str) -> None:
    makes(out, next_year)
    assert out.stat().st_mode & 0o777 == 0o600
    assert not re.search(r"<script|<link|src=|url\(|@import", out.read_text(encoding="utf-8"))


def test_a_label_cannot_add_to_the_page(out: Path, next_year: str) -> None:
    makes(out, next_year, label="<script>alert(1)</script>")
    assert "<script" not in out.read_text(encoding="utf-8")


def test_nothing_is_overwritten_and_nothing_is_made(out: Path, next_year: str) -> None:
    out.write_text("other codes")
    refused = makes(out, next_year)
    assert refused.exit_code == 1
    assert "exists already" in refused.output
    assert out.read_text() == "other codes"
    assert "There is no batch." in vouchers("list").output


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, next_year: str) -> None:
    refused = makes(tmp_path / "none" / "sheet.html", next_year)
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("label", " ", "one line"),
        ("label", "two\nlines", "one line"),
        ("label", "x" * 121, "one line"),
        ("municipality", "1003000", "eight digits"),
        ("municipality", "99003000", "eight digits"),
        ("age-over", "15", "the claim table knows no age 15"),
        ("age-band", "17-14", "two ages"),
        ("age-band", "children", "two ages"),
        ("valid-until", "2020-01-01", "the last day"),
        ("valid-until", "9999-12-31", "the last day"),
    ],
)
def test_terms_that_make_no_sense_leave_no_file_and_no_batch(out: Path, next_year: str, option: str, value: str, sentence: str) -> None:
    refused = makes(out, next_year, **{option: value})
    assert refused.exit_code == 1, refused.output
    assert sentence in refused.output
    assert not out.exists()
    assert "There is no batch." in vouchers("list").output


def test_a_database_that_does_not_answer_leaves_no_sheet(out: Path, next_year: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_DATABASE_URL", f"sqlite:///{out.parent}/no/such/folder.sqlite")
    refused = makes(out, next_year)
    assert refused.exit_code == 1
    assert "BP-503-STORE" in refused.output
    assert not out.exists()


def test_batches_are_listed_with_counts_and_withdrawn_by_their_number(out: Path, next_year: str) -> None:
    made = makes(out, next_year).output
    found = re.search(r"batch ([0-9a-f]{8})", made)
    assert found
    listed = vouchers("list").output
    assert f"{found[1]}  good       0/3 redeemed  says: 01003000 14+  'Gymnasium am See, Klasse 9'" in listed
    assert "is withdrawn" in vouchers("withdraw", found[1]).output
    assert "withdrawn  0/3" in vouchers("list").output
    unknown = vouchers("withdraw", "00000000")
    assert unknown.exit_code == 1
    assert "no such batch" in unknown.output
