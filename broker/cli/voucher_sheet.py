"""The sheet that a school or an office prints and cuts: one slip for each code, in plain German, with a QR code beside the text.

The QR code holds our address with the code behind a `#`: browsers keep that part to themselves, so it reaches no server and no log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

import segno
from jinja2 import Environment, PackageLoader, Template

from broker.core.errors import ConfigurationError
from broker.core.transforms import german_day
from broker.flows.handing_out import MadeVouchers
from broker.flows.redeeming import VOUCHER_PATH


def sheet(made: MadeVouchers, issuer: str, site_name: str) -> str:
    """The sheet as one HTML file that needs no other."""
    batch = made.batch
    address = f"{issuer}{VOUCHER_PATH}"
    last_day = german_day(batch.valid_until - timedelta(seconds=1))
    return _template().render(
        batch=batch,
        site_name=site_name,
        address=address,
        shown_address=address.partition("://")[2],
        last_day=f"{last_day:%d.%m.%Y}",
        made_on=f"{german_day(batch.created_at):%d.%m.%Y}",
        ages=_ages(made),
        slips=[(code, _picture(f"{address}#{code}")) for code in made.codes],
    )


@contextmanager
def new_sheet(path: Path) -> Iterator[Callable[[str], None]]:
    """A file that was not there before, for its owner's eyes only, and the way to write it; gone again if anything goes wrong inside.

    Raises ConfigurationError where it cannot be written, also over a file that is there: that may be the only copy of other codes.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists already; a sheet is never written over another file") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None

    def write(text: str) -> None:
        try:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None

    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        try:
            yield write
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _ages(made: MadeVouchers) -> str:
    batch = made.batch
    if batch.age_band:
        return "{} bis {} Jahre alt".format(*batch.age_band.split("-"))
    return f"mindestens {max(batch.age_over)} Jahre alt" if batch.age_over else ""


def _picture(address: str) -> str:
    """Inline SVG, drawn in the colour of the text; `m` survives a fold and a thumbprint."""
    return segno.make_qr(address, error="m").svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("broker.cli"), autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "voucher_sheet.html"
    )
