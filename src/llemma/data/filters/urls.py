"""The URL filter: drops pages by where they come from, by OpenWebMath's rules and your own.

Source: OpenWebMath (Paster et al. 2023), `filtering/filter_dataset.py`. Three things differ. A comma missing there
joins "/authors/", "/serials/" and "read.dukeupress.edu", so none of them works; here they do. Hosts are compared as
domains: "unz.com" is not part of "bunz.com". A host that begins with "search" does not excuse "/search" in the path.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from llemma.data.steps import Filter

HOSTS: Mapping[str, str] = {
    "document_host": """
        archive.org dokumen.pub docplayer.net happyslide.net issuu.com manualzz.com scribd.com studylib.net
        fraser.stlouisfed.org
    """,
    "abstract_host": """
        hzdr.de is.mpg.de is.tuebingen.mpg.de jim.bmj.com materials-chain.com medcraveonline.com nih.gov nrsworld.com
        open.library.ubc.ca philpapers.org plosone.org profiles.stanford.edu read.dukeupress.edu science.gov sciendo.com
        springermedizin.de vixra.org
    """,
    "off_topic_host": """
        8chan.moe beyondhighbrow.com bookofmormonblog.org bradford-delong.com careyoukeep.com
        discourse.darkjedibrotherhood.com eevblog.com eurotrib.com feeds.churchturing.org forums.penny-arcade.com
        hobby8.5ch.net homainstallationen.at judithcurry.com lastfm.it learn.gcs.edu mobinuke.com noobstarter.com
        postthreads.org skepticforum.com tek-tips.com thesa.com thewikipost.org unz.com unzmag.net vo.astronet.ru
        wanweibaike.com wowwiki.com
    """,
}
"""Denied domains with all below them, by the reason."""

PARTS: Mapping[str, str] = {
    "search_page": "/joursearch/",
    "bibliography": """
        all_publications arxiv-export arxiv-vanity bibbase bibtex .de/publications issn proceedings /serials/
    """,
    "person_page": "/author/ /authors/ /profile/ /researcher mathoverflow.net/users stackexchange.com/users",
    "abstract_host": "bmjopen worldwidescience",
    "off_topic_host": "vitaminstore",
    "commit_page": "/commit",
}
"""Denied parts of URLs, case kept, by the reason."""

SEARCH = "[^/]/search"
"""Denied as "search_page": a part of the path that begins so."""

_LIBRETEXTS_OF_MATHEMATICS = ("math", "phys", "stats")
_PAGE_INDEX = re.compile(r"\$\$\\PageIndex\{[^}]{0,100}\}\$\$|\$\\PageIndex\{[^}]{0,100}\}\$")
_FORMULA = re.compile(r"(?<!\\)\$\$[^$]+\$\$|(?<!\\)\$[^$]+\$")

UrlPart = Annotated[str, Field(min_length=1)]


class Urls(Filter):
    """Drops a page by its URL, which is its id; the reason is the group of the rule, such as "search_page".

    Pages of LibreTexts outside mathematics, physics and statistics must have a formula ("libretexts_no_formula").
    Ids that are no URLs pass.
    """

    step: Literal["urls"] = "urls"

    published: bool = True
    """Whether OpenWebMath's rules hold."""

    deny: list[UrlPart] = Field(default_factory=list)
    """More parts of URLs that are denied ("url_denied")."""

    allow: list[UrlPart] = Field(default_factory=list)
    """Parts of URLs that pass whatever else is said."""

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return the group of the first rule that each row's URL breaks, or None."""
        urls = batch.column("id")
        suspect = pc.match_substring_regex(urls, _any_rule(self.published, tuple(self.deny)))
        reasons: list[str | None] = [None] * len(batch)
        for row in pc.indices_nonzero(suspect).to_pylist():
            reasons[row] = self.reason(urls[row].as_py(), batch.column("text")[row].as_py())
        return reasons

    def reason(self, url: str, text: str) -> str | None:
        """Return why a page is dropped, or None."""
        if "://" not in url or any(part in url for part in self.allow):
            return None
        if any(part in url for part in self.deny):
            return "url_denied"
        if not self.published:
            return None
        broken = next((group for group, rule in _rules().items() if rule.search(url)), None)
        return broken or _libretexts_reason(url, text)


def _libretexts_reason(url: str, text: str) -> str | None:
    if "libretexts" not in url or any(subject in url for subject in _LIBRETEXTS_OF_MATHEMATICS):
        return None
    return None if _FORMULA.search(_PAGE_INDEX.sub("", text)) else "libretexts_no_formula"


@functools.cache
def _rules() -> Mapping[str, re.Pattern[str]]:
    """Return one pattern per group."""
    patterns: dict[str, list[str]] = {"search_page": [SEARCH]}
    for group, hosts in HOSTS.items():
        patterns.setdefault(group, []).append(f"(?i:://(?:[^/?#]*[.@])?(?:{_alternatives(hosts.split())})(?:[:/?#]|$))")
    for group, parts in PARTS.items():
        patterns.setdefault(group, []).append(_alternatives(parts.split()))
    return {group: re.compile("|".join(alternatives)) for group, alternatives in patterns.items()}


@functools.cache
def _any_rule(published: bool, deny: tuple[str, ...]) -> str:
    """Return a pattern in RE2's syntax that finds every URL which may break a rule."""
    patterns = [re.escape(part) for part in deny]
    if published:
        patterns += ["libretexts", *(rule.pattern for rule in _rules().values())]
    return "|".join(patterns) or "$^"


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, words))
