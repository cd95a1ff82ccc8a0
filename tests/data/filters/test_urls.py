import pytest

from llemma.data.filters.urls import HOSTS, PARTS, Urls
from llemma.data.steps import Row, to_batch


def reasons(*urls: str, text: str = "some text", step: Urls | None = None) -> list[str | None]:
    batch = to_batch([Row(id=url, text=text) for url in urls])
    found: list[str | None] = (step or Urls())(batch).column("reason").to_pylist()
    return found


@pytest.mark.parametrize(("group", "host"), [(group, host) for group in HOSTS for host in HOSTS[group].split()])
def test_every_host_is_denied_with_all_below_it_but_not_what_ends_like_it(group: str, host: str) -> None:
    denied = [f"https://{host}", f"http://www.{host}/a.html", f"https://{host.upper()}:8080/?q", f"http://{host}?q"]
    assert reasons(*denied) == [group] * 4
    assert reasons(f"https://x{host}/", f"https://{host}x.com/", f"https://example.com/{host}x") == [None] * 3


@pytest.mark.parametrize(("group", "part"), [(group, part) for group in PARTS for part in PARTS[group].split()])
def test_every_part_is_denied_anywhere(group: str, part: str) -> None:
    assert reasons(f"https://example.com/x{part}x/y") == [group]
    assert reasons(f"https://example.com/x{part[:-1]}-x/y") == [None]


@pytest.mark.parametrize(
    "url", ["https://x.org/authors/gauss", "https://x.org/serials/7", "https://read.dukeupress.edu/"]
)
def test_the_three_rules_that_a_missing_comma_joined_work(url: str) -> None:
    assert reasons(url) != [None]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.com/search?q=x", "search_page"),
        ("https://example.com/a/searching", "search_page"),
        ("https://search.example.com/a", None),
        ("https://search.example.com/search", "search_page"),
        ("https://example.com/research", None),
        ("https://math.stackexchange.com/users/5/gauss", "person_page"),
        ("https://math.stackexchange.com/questions/5/gauss", None),
        ("https://mathoverflow.net/users/5", "person_page"),
        ("https://mathoverflow.net/q/5", None),
        ("https://github.com/user/repo/commit/abc", "commit_page"),
        ("https://user@archive.org/", "document_host"),
        ("gauss/sums/authors/list.py", None),
        ("", None),
    ],
)
def test_pages_of_no_use_are_denied(url: str, reason: str | None) -> None:
    assert reasons(url) == [reason]


@pytest.mark.parametrize(
    ("url", "text", "reason"),
    [
        ("https://math.libretexts.org/a", "no formula", None),
        ("https://stats.libretexts.org/a", "no formula", None),
        ("https://bio.libretexts.org/physiology", "no formula", None),
        ("https://bio.libretexts.org/cells", "no formula", "libretexts_no_formula"),
        ("https://chem.libretexts.org/a", "so $x = 1$ is", None),
        ("https://chem.libretexts.org/a", r"costs \$5 or \$6", "libretexts_no_formula"),
        ("https://chem.libretexts.org/a", r"Figure $\PageIndex{1}$ and $$\PageIndex{2}$$", "libretexts_no_formula"),
        ("https://chem.libretexts.org/a", r"$\PageIndex{1}$ and $x$", None),
        ("https://example.org/a", "no formula", None),
    ],
)
def test_libretexts_outside_mathematics_needs_a_formula(url: str, text: str, reason: str | None) -> None:
    assert reasons(url, text=text) == [reason]


def test_own_parts_are_denied_and_allowed() -> None:
    step = Urls(deny=["example.com/a b#(", "/quiz/"], allow=["archive.org/details/euclid", "/quiz/good"])
    assert reasons(
        "http://example.com/a b#(c", "http://x.org/quiz/1", "http://x.org/quiz/good", "http://x.org/", step=step
    ) == ["url_denied", "url_denied", None, None]
    assert reasons("https://archive.org/details/euclid", "https://archive.org/", step=step) == [None, "document_host"]


def test_without_the_published_rules_only_own_parts_are_denied() -> None:
    assert reasons("https://archive.org/", step=Urls(published=False)) == [None]
    step = Urls(published=False, deny=["/quiz/"])
    assert reasons("https://archive.org/", "https://x.org/quiz/", step=step) == [None, "url_denied"]
