"""The site's one page of its own: who is signed in, and what the provider said about them."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.html import format_html, format_html_join


def profile(request: HttpRequest) -> HttpResponse:
    """Name and claims of whoever is signed in."""
    if not request.user.is_authenticated:
        return HttpResponse('<p id="out">nobody</p>')
    account = SocialAccount.objects.get(user=request.user)
    claims = account.extra_data.get("userinfo", account.extra_data)
    rows = format_html_join("", '<dd id="claim-{}">{}</dd>', claims.items())
    page = '<p id="username">{}</p><p id="uid">{}</p><dl>{}</dl>'
    return HttpResponse(format_html(page, request.user.get_username(), account.uid, rows))


urlpatterns = [path("", profile), path("accounts/", include("allauth.urls"))]
