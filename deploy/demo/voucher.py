"""A code on paper for the test citizen who has no citizen ID, as a school would hand it out; a new one at each start."""

import datetime as dt
import re
from pathlib import Path

from deploy.demo.persons import load_persons

_DAYS = 30
_CODE = re.compile(r'class="code">([A-Z-]+)<')


def command_for(sheet: Path) -> list[str]:
    """The `broker` command that makes the sheet; an old one is thrown away."""
    sheet.unlink(missing_ok=True)
    last_day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=_DAYS)
    says = ["--municipality", "01003000", "--age-over", "14"]
    return ["vouchers", "make", "--label", "Demo", "--count", "1", *says, "--valid-until", last_day.isoformat(), "--out", str(sheet)]


def lines_about(sheet: Path) -> list[str]:
    """Who the code is for, the code, and where the sheet is."""
    found = _CODE.search(sheet.read_text(encoding="utf-8"))
    holders = [f"    {person.summary}" for person in load_persons() if person.instead == "voucher"]
    code = found[1] if found else "(there is none)"
    return ["  Without a citizen ID, by a code on paper (good once):", *holders, f"    Code {code}, on the sheet {sheet}"]
