"""From what a browser calls itself to two words that a citizen knows (issue 6, point 5; SE-13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.web import device_words as module
from broker.web.device_words import device_words

WEBKIT, GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)", "Gecko/20100101"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {IOS_WEBKIT}"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {IOS_WEBKIT}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
REAL = [
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) {GECKO} Firefox/145.0", "Firefox, Windows"),
    (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) {GECKO} Firefox/145.0", "Firefox, Mac"),
    (f"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) {GECKO} Firefox/140.0", "Firefox, Linux"),
    (f"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) {GECKO} Firefox/140.0", "Firefox, Linux"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox, Android"),
    (f"{IPHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox, iPhone"),
    (f"{IPAD} FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox, iPad"),
    (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome, Windows"),
    (f"{MAC} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome, Mac"),
    (f"{LINUX} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome, Linux"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome, ChromeOS"),
    (f"{ANDROID} {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome, Android"),
    (f"{ANDROID} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome, Android"),
    (f"{IPHONE} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1", "Chrome, iPhone"),
    (f"{IPAD} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1", "Chrome, iPad"),
    (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge, Windows"),
    (f"{MAC} {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge, Mac"),
    (f"{ANDROID} {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0", "Edge, Android"),
    (f"{IPHONE} Version/18.0 EdgiOS/142.0.3595.66 Mobile/15E148 Safari/604.1", "Edge, iPhone"),
    (f"{MAC} {IOS_WEBKIT} Version/26.0 Safari/605.1.15", "Safari, Mac"),
    (f"{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
    (f"{IPAD} Version/18.6 Mobile/15E148 Safari/604.1", "Safari, iPad"),
    (f"{ANDROID} {WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "Samsung Internet, Android"),
    (f"{WINDOWS} {WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera, Windows"),
    (f"{ANDROID} {WEBKIT} Version/4.0 Chrome/142.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", "DuckDuckGo, Android"),
    (f"{IPHONE} Version/18.6 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15", "DuckDuckGo, iPhone"),
    (
        "Mozilla/5.0 (Linux; Android 15; SM-S911B Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/142.0.7444.102 Mobile Safari/537.36",
        "App, Android",
    ),
    (f"{IPHONE} Mobile/15E148", "App, iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer, Windows"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) HeadlessBrowser", "Windows"),
    ("curl/8.14.1", ""),
    ("Werkzeug/3.1.9", ""),
    ("", ""),
]
_NAMES = {name for table in (module._BROWSERS, module._SYSTEMS) for _, name in table}


@pytest.mark.parametrize(("user_agent", "words"), REAL)
def test_real_browsers_are_called_what_their_owners_call_them(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words


@given(st.text(max_size=2000) | st.text(alphabet="SafariChome/;,()\r\n\0<>&'\" Windows", max_size=3000))
def test_no_header_gets_a_word_of_its_own_onto_a_page_or_into_a_record(user_agent: str) -> None:
    assert set(device_words(user_agent).split(", ")) <= _NAMES | {""}


@given(st.sampled_from([agent for agent, words in REAL if words]), st.text(min_size=0, max_size=40))
def test_no_version_or_model_shows(user_agent: str, more: str) -> None:
    words = device_words(user_agent + more)
    assert len(words) <= 40
    assert not any(letter.isdigit() for letter in words)


def test_a_huge_header_costs_no_more_than_a_long_one() -> None:
    assert device_words("x" * 600 + REAL[0][0]) == ""
    assert device_words(REAL[0][0] + "x" * 100_000) == "Firefox, Windows"
