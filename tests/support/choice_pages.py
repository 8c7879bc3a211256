"""The pages on which a citizen ID is chosen, with realistic data: first choice, step-up, and after a try that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import render_template

from broker.core.client import Client
from broker.core.client_policy import LogoutPolicy
from broker.core.provider import IdentityProvider, Means, Trouble, TroubleSource
from broker.core.session import EndedBy
from broker.core.trust import TrustLevel
from broker.flows.choosing import Option
from broker.web.presentation import ShownSetback, provider_options
from broker.web.public_computer import ShownSwitch

LONG_TOOL = "Bürgerhaushaltsbeteiligungsplattform der Entwicklungsgemeinschaft KielRegion"
_NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
_SWITCH = ShownSwitch(on=False, fixed=False, network="")


def _texts(german: str, english: str, easy: str) -> dict[str, str]:
    return {"de": german, "en": english, "de-leicht": easy}


BUNDID = IdentityProvider(
    "bundid",
    _texts("BundID", "BundID", "BundID"),
    _texts(
        "Das Bürgerkonto des Bundes. Für alle mit Online-Ausweis, Unionsbürgerkarte, elektronischem Aufenthaltstitel oder ELSTER.",
        "The citizen account of the federal government, for everybody with an online ID card, EU citizen card, residence permit or ELSTER.",
        "Das ist das Bürger-Konto von Deutschland.\nSie brauchen zum Beispiel Ihren Personal-Ausweis.",
    ),
    (
        Means("eid", _texts("Online-Ausweis mit PIN", "Online ID card with PIN", "Personal-Ausweis mit PIN"), TrustLevel.HIGH),
        Means("elster", _texts("ELSTER-Zertifikat", "ELSTER certificate", "ELSTER-Zertifikat"), TrustLevel.SUBSTANTIAL),
        Means("password", _texts("Benutzername und Passwort", "User name and password", "Name und Pass-Wort"), TrustLevel.BASIC),
    ),
    TrustLevel.HIGH,
    1,
)
BAYERNID = IdentityProvider(
    "bayernid",
    _texts("BayernID", "BayernID", "BayernID"),
    _texts("Das Bürgerkonto des Freistaats Bayern.", "The citizen account of Bavaria.", "Das ist das Bürger-Konto von Bayern."),
    (
        Means("eid", _texts("Online-Ausweis mit PIN", "Online ID card with PIN", "Personal-Ausweis mit PIN"), TrustLevel.HIGH),
        Means("password", _texts("Benutzername und Passwort", "User name and password", "Name und Pass-Wort"), TrustLevel.BASIC),
    ),
    TrustLevel.HIGH,
    2,
)
LOCAL = IdentityProvider(
    "local",
    _texts("E-Mail-Konto", "E-mail account", "E-Mail-Konto"),
    _texts("Ein einfaches Konto mit E-Mail und Passwort.", "A simple account with e-mail and password.", "Ein einfaches Konto."),
    (Means("password", _texts("Passwort", "Password", "Pass-Wort"), TrustLevel.BASIC),),
    TrustLevel.BASIC,
    3,
)


def options_of(
    offered: list[str],
    providers: Sequence[IdentityProvider] = (),
    remembered: str = "",
    lacks: tuple[str, ...] = (),
    troubles: Mapping[str, Trouble] | None = None,
) -> list[Option]:
    proofs = ("residence", "age", "name")
    return [
        Option(
            one,
            one.alias in offered,
            proofs if one.trust_ceiling > TrustLevel.BASIC else (),
            () if one.trust_ceiling > TrustLevel.BASIC else lacks,
            one.alias == remembered,
            (troubles or {}).get(one.alias),
        )
        for one in providers or [BUNDID, BAYERNID, LOCAL]
    ]


def _choose(
    tool: Client,
    needed: TrustLevel,
    offered: list[str],
    step_up: TrustLevel | None = None,
    setback: ShownSetback | None = None,
    may_stay: bool = False,
    unasked: tuple[str, ...] = (),
    ended_by: EndedBy | None = None,
    switch: ShownSwitch = _SWITCH,
    **options: Any,
) -> Callable[[], str]:
    def show() -> str:
        return render_template(
            "citizen/choose_provider.html",
            request_id="r3qu3st",
            tool=tool,
            options=provider_options(options_of(offered, **options), needed, _NOW),
            needed=needed,
            step_up=step_up,
            setback=setback,
            may_stay=may_stay,
            unasked=unasked,
            ended_by=ended_by,
            switch=switch,
            reference="q7m2c9xk4p",
        )

    return show


def more_of_them() -> list[IdentityProvider]:
    """As many as there may ever be."""
    sh = replace(BAYERNID, alias="sh", names=_texts("Servicekonto Schleswig-Holstein", "Servicekonto Schleswig-Holstein", "Service-Konto"))
    muk = replace(BAYERNID, alias="muk", names=_texts("Mein Unternehmenskonto", "Mein Unternehmenskonto", "Mein Unternehmens-Konto"))
    others = [replace(BAYERNID, alias=f"more-{one}", names=_texts(*[f"Bürgerkonto {one}"] * 3)) for one in ("A", "B", "C")]
    return [BUNDID, BAYERNID, sh, muk, *others, LOCAL]


_SINCE = _NOW - timedelta(minutes=55)
_TROUBLES = {
    "bundid": Trouble(TroubleSource.LOOK, _SINCE),
    "local": Trouble(TroubleSource.SIGN_INS, _SINCE - timedelta(days=1)),
    "bayernid": Trouble(TroubleSource.NOTICE, _SINCE, _SINCE + timedelta(hours=3), _texts("Wartung.", "Maintenance.", "Wartung.")),
}


def choice_pages(tool: Client, tried: Client) -> dict[str, Callable[[], str]]:
    """Each page by its name; `tried` is a tool in the sandbox."""
    return {
        "choose": _choose(tool, TrustLevel.BASIC, ["bundid", "bayernid", "local"]),
        "choose-own-sign-in": _choose(
            replace(tool, logout=LogoutPolicy(isolated_session=True)), TrustLevel.BASIC, ["bundid", "bayernid", "local"]
        ),
        "choose-single": _choose(tool, TrustLevel.BASIC, ["bundid"], providers=[BUNDID]),
        "choose-many": _choose(
            tool,
            TrustLevel.BASIC,
            [one.alias for one in more_of_them()],
            providers=more_of_them(),
            remembered="bundid",
            lacks=("residence",),
        ),
        "choose-after-outage": _choose(
            tool,
            TrustLevel.BASIC,
            ["bundid", "bayernid", "local"],
            setback=ShownSetback("unavailable", "BundID", (), "BP-503-CITIZEN-ID"),
        ),
        "choose-out-of-order": _choose(tool, TrustLevel.BASIC, ["bundid", "bayernid", "local"], troubles=_TROUBLES),
        "choose-incomplete": _choose(
            replace(tool, name=LONG_TOOL),
            TrustLevel.BASIC,
            ["bundid", "bayernid"],
            setback=ShownSetback("incomplete", "BundID", ("Wohnort", "Geburtsdatum"), "BP-403-INCOMPLETE"),
        ),
        "choose-for-more": _choose(
            tool, TrustLevel.BASIC, ["bundid", "bayernid"], unasked=("Wohnort in der Gemeinde", "Erreichte Altersgrenzen")
        ),
        "choose-told-why": _choose(tool, TrustLevel.BASIC, ["bundid", "bayernid"], ended_by=EndedBy.TOO_MANY),
        "choose-high": _choose(tool, TrustLevel.HIGH, ["bundid", "bayernid"]),
        "step-up": _choose(tool, TrustLevel.SUBSTANTIAL, ["bundid", "bayernid"], TrustLevel.BASIC),
        "step-up-cancelled": _choose(
            tool,
            TrustLevel.HIGH,
            ["bundid", "bayernid"],
            TrustLevel.LOW,
            setback=ShownSetback("cancelled", "BundID", (), "BP-403-CANCELLED"),
        ),
        "step-up-wished": _choose(tool, TrustLevel.HIGH, ["bundid", "bayernid"], TrustLevel.LOW, may_stay=True),
        "choose-public": _choose(
            tool, TrustLevel.BASIC, ["bundid", "bayernid", "local"], remembered="bundid", switch=replace(_SWITCH, on=True)
        ),
        "choose-library": _choose(
            tool,
            TrustLevel.BASIC,
            ["bundid", "bayernid"],
            switch=ShownSwitch(True, True, "Stadtbibliothek Musterstadt, Zweigstelle am See"),
        ),
        "step-up-public": _choose(tool, TrustLevel.HIGH, ["bundid"], TrustLevel.LOW, switch=replace(_SWITCH, on=True, fixed=True)),
        "choose-sandbox": _choose(tried, TrustLevel.BASIC, ["bundid"]),
    }
