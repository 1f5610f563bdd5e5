"""Domains of e-mail addresses that are probably mistyped: a letter away from a provider that many people use.

A suggestion and nothing more: only somebody who knows the person can tell. So it keeps silent about what may be right:
another first letter (ymail.com, cloud.com) and another country (hotmail.be) are taken for other providers.
"""

from functools import lru_cache

import polars as pl

from importer.stages.typos import is_one_typo_apart

_PROVIDERS = frozenset(
    """
    gmail.com googlemail.com hotmail.com hotmail.fr hotmail.it hotmail.es hotmail.de hotmail.co.uk hotmail.com.br
    outlook.com outlook.fr outlook.de outlook.it outlook.es yahoo.com yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca
    yahoo.co.uk yahoo.co.in yahoo.com.br yahoo.com.mx yahoo.com.ar yahoo.com.au icloud.com protonmail.com fastmail.com
    comcast.net verizon.net sbcglobal.net bellsouth.net earthlink.net optonline.net sympatico.ca btinternet.com
    virginmedia.com ntlworld.com bigpond.com optusnet.com.au rediffmail.com t-online.de freenet.de orange.fr wanadoo.fr
    laposte.net libero.it virgilio.it telenet.be bluewin.ch yandex.ru rambler.ru
    """.split()  # noqa: SIM905 - a table of domains reads better as text
)
"""Providers whose names are long enough for a typo to be told from another name, and like no family's or town's."""
_REAL = frozenset({"libera.it"})
"""Domains that are a letter away from a provider and in use all the same."""
_TOP_LEVEL = {
    mistyped: meant
    for meant, several in {
        "com": "con cmo ocm comm coom vom xom cim cpm copm",
        "net": "nte ner nett",
        "org": "ogr rog orgg",
    }.items()
    for mistyped in several.split()
}
"""Top-level domains that do not exist (IANA's list of 2026), and what they stand for."""
_CUT_SHORT = frozenset({"co", "cm", "om"})
"""Some that exist, but not for providers that have .com."""
_COM_ONLY = frozenset({"aol", "msn", "gmail", "yahoo", "hotmail", "outlook", "icloud", "protonmail", "googlemail"})


@lru_cache(maxsize=1 << 14)
def meant_domain(domain: str) -> str | None:
    """Return the domain that ``domain``, in small letters, was probably meant to be; None if it may well be right."""
    if domain in _PROVIDERS or domain in _REAL:
        return None
    front, _, top = domain.rpartition(".")
    if top in _TOP_LEVEL:
        right = f"{front}.{_TOP_LEVEL[top]}"
        # The name may be mistyped as well: gmial.con.
        return meant_domain(right) or right
    if top in _CUT_SHORT and front in _COM_ONLY:
        return f"{front}.com"
    meant = [provider for provider in _PROVIDERS if _is_mistyped(domain, provider)]
    return meant[0] if len(meant) == 1 else None


def suggested(emails: pl.Series) -> pl.Series:
    """Return the addresses with the domains that were probably meant (String?)."""
    domains = emails.str.extract("@(.+)$")
    meant = {domain: meant_domain(domain) for domain in domains.unique().drop_nulls()}
    return emails.str.extract("^(.+@)") + domains.replace_strict(meant, default=None, return_dtype=pl.String)


def _is_mistyped(domain: str, provider: str) -> bool:
    """Return True if only a typo in the provider's name, or a dot in the wrong place, differs."""
    if domain.replace(".", "") == provider.replace(".", ""):
        return True
    (name, _, rest), (right, _, right_rest) = domain.partition("."), provider.partition(".")
    may_begin_so = name[:1] == right[0] or name[:2] == right[1::-1]
    return rest == right_rest and may_begin_so and is_one_typo_apart(name, right)
