"""The catalogue of errors is made from the family, complete, unique and current."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import broker
from broker.core.errors import BrokerError
from broker.web.errors_catalogue import catalogue, public_errors

PAGE = Path(broker.__file__).parent / "web" / "ERRORS.md"


def family(error: type[BrokerError] = BrokerError) -> list[type[BrokerError]]:
    """The error and everything derived from it."""
    return [error, *(kin for child in error.__subclasses__() for kin in family(child))]


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue(), "run: broker errors > broker/web/ERRORS.md"


def test_codes_are_unique() -> None:
    codes = [error.code for error in public_errors()]

    assert len(set(codes)) == len(codes)


def test_every_error_lives_in_the_core_so_that_the_page_can_name_it() -> None:
    for module in pkgutil.walk_packages(broker.__path__, "broker."):
        if not module.name.startswith(("broker.store.migrations", "broker.wsgi", "broker.__main__")):
            importlib.import_module(module.name)

    foreign = [
        f"{error.__module__}.{error.__name__}"
        for error in family()
        if error.__module__ not in tuple(f"broker.core.{name}" for name in ("errors", "account_errors", "oauth_errors", "upstream_errors"))
    ]

    assert not foreign


def test_every_error_says_what_it_means_and_fits_its_status() -> None:
    for error in family():
        assert (error.__doc__ or "").strip(), error
        assert 400 <= error.status <= 599, error
        assert error.oauth_error != "temporarily_unavailable" or error.status == 503, error
        assert str(error()).isascii(), error
