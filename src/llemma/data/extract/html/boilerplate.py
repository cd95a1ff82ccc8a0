"""What on a page is not its content: elements known by role, name or style, and lines known by their phrases."""

import re
from functools import lru_cache

DROPPED_TAGS = frozenset(
    "head style noscript button select input textarea option svg iframe object canvas audio video nav footer dialog "
    "noframes noembed menu template applet map datalist progress meter".split()
)

_ATTRIBUTE = re.compile(r' (?:(class|id|role|style|(?:aria-)?hidden)|[^ =]+)="([^"]*)"')
_UNTELLING = re.compile(r' (?:href|src|alt|title)="[^"]*"|[0-9]{2,}')
_LOOKED_AT = 2000  # characters of attributes
_ROLES = frozenset(
    "navigation banner contentinfo search menu menubar toolbar dialog alertdialog button tablist".split()
)
_KEPT_TAGS = frozenset("html body main article h1 h2 h3 h4 h5 h6 dt pre code img br a".split())
_DROPPED_LINKS = frozenset(
    "headerlink autopermalink anchor-link footnote-backref footnote-back reversefootnote".split()
)
_KEPT_NAMES = frozenset("admonition theorem lemma definition proof example exercise solution remark".split())
# A section's id is made of its heading ("modal-logic", "related-work"), so only the plainest names count.
_SECTION = re.compile(r"section|(?:level|sect)[1-6]")
_SECTION_ID = re.compile(
    r"sidebar|footer|navbar|breadcrumbs?|pagination|newsletter|related-posts|respond|share-buttons"
)

# A name is one word of class or id. Some words say it wherever they stand, others only at the beginning or alone.
_NAME = re.compile(
    r"""(?!(?:has|with|without|no|is|wp-site|page-with|content-with)[-_])(?:
    (?:\w+[-_])*(?:sidebar|side-bar|footer|navbar|navigation|masthead|breadcrumbs?|pagination|pager|topnav|copyright|
        newsletter(?:[-_].*)?|advertisements?|sharethis|navbox|sharedaddy|disclaimer)
    |sphinxsidebar\w*|sidebar[-_]\w+|footer[-_]\w+|breadcrumbs?[-_].*|cookies?(?:[-_].*)?|gdpr.*|consent.*
    |(?:nav|menu|share|sharing|social|login|log-in|signin|sign-in|signup|sign-up|subscribe|vote|voting|advert|popup|
        modal|pagination|related|toolbar|skip|toc|search|addthis|addtoany|yarpp|jp-relatedposts|dropdown)(?:[-_].*)?
    |(?:main|site|top|side|left|right|mobile|global|primary|secondary|user|post|page|entry|article|content|mw|vector)
        [-_](?:nav|menu|navigation|share|social|header-nav|head|panel|toc|actions)
    |header|site-header|banner|ads?|adsbygoogle|legal|colophon|respond|commentform|comment-form|reply-form|replyform
    |postprofile|post-?buttons|post-?likes|message-(?:user|cell--user|attribution)|crawler-post-meta|moderatorbar|keyinfo
    |comment-(?:score|actions)|user-info|user-details|user-action-time|user-gravatar\w*|signature|post-signature|postsignature|author-box
    |js-voting-container|js-post-menu|js-vote-count|votecell|post-menu|post-taglist|comments-link|js-add-link
    |headerlink|autopermalink|anchor-link|anchorjs-link|edit-link|docs-sourcelink|docs-edit-link
    |docs-heading-anchor-permalink|docs-settings-button|(?:mw-)?editsection|mw-portlet[-\w]*|vector-(?:dropdown|page-toolbar|menu)[-\w]*
    |ltx_note_mark|ltx_tag_note|mw-jump(?:-link)?|mw-hidden-catlinks|catlinks
    |printfooter|noprint|metadata|sistersitebox|vertical-navbox|sitenotice|sitesub|jump-to-nav|skip-?links?|sr-only
    |visually-hidden|screen-reader-text|back-to-top|hidden-content|hidden-knowl-wrapper|rst-footer-buttons
    |linenos|linenodiv|lineno|line-numbers|gutter|rouge-gutter|copybtn|copy-button|wy-nav-side|wy-nav-top|wy-side-scroll
    |quicksearch|login-link|noscript|loading|spinner|tags-links|cat-links|posted-on-nav|
    )""",
    re.VERBOSE,
)
_TOC_TAGS = frozenset({"ul", "ol", "div", "table", "nav", "aside", "section"})
_HIDDEN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_REVEALED = re.compile(
    r"(?i)sol(?:n|ution|v)|answer|hint|proof|spoiler|toggle|collaps|accordion|tab|expand|more|math|tex"
)


def is_boilerplate(tag: str, attributes: str) -> bool:
    """Whether the element with these serialised attributes is hidden, or not content by its role or names."""
    attributes = attributes[:_LOOKED_AT]
    if 'id="' in attributes or 'href="' in attributes:
        attributes = _UNTELLING.sub("0", attributes)  # so that the rest is found in the cache
    return _is_boilerplate(tag, attributes)


@lru_cache(maxsize=2**13)
def _is_boilerplate(tag: str, attributes: str) -> bool:
    names: list[str] = []
    ids: list[str] = []
    style = ""
    for kind, value in _ATTRIBUTE.findall(attributes):
        if kind.endswith("hidden"):
            return tag not in ("body", "details", "main") and value not in ("until-found", "false")
        if kind == "role" and value in _ROLES:
            return tag not in _KEPT_TAGS or value == "button"
        if kind in ("class", "id"):
            (names if kind == "class" else ids).extend(value.lower().split())
        elif kind == "style":
            style = value
    if style and _HIDDEN.search(style) and not any(map(_REVEALED.search, [*names, *ids])):
        return True
    if tag == "sup" and "reference" in names:
        return True
    if tag in _KEPT_TAGS or not _KEPT_NAMES.isdisjoint(names):
        return tag == "a" and not _DROPPED_LINKS.isdisjoint(names)
    if tag == "section" or any(map(_SECTION.fullmatch, names)):
        ids = [name for name in ids if _SECTION_ID.fullmatch(name)]
    return any(map(_NAME.fullmatch, [*names, *ids]))


_PHRASES = re.compile(
    r"""(?<![a-z])(?:all\ rights\ reserved|copyright\ (?:©|\(c\)|\d{4})|©\ ?\d{4}|^©|terms\ of\ (?:use|service)
    |privacy\ policy|cookie\ policy
    |(?:use|uses|accept(?:\ all)?)\ cookies|log\ ?(?:in|out)\ (?:or|to)\b|sign\ (?:in|up)\ (?:or|to)\b
    |create\ an?\ (?:free\ )?account|forgot\ (?:your\ )?password|remember\ me|you\ must\ (?:be\ )?log(?:ged)?\ ?in
    |share\ (?:this|on)\b|tweet\ this|follow\ us|like\ this:|subscribe\ to|leave\ a\ (?:reply|comment)
    |post\ (?:a|your)\ (?:comment|answer|reply)|your\ email\ address\ will\ not|required\ fields\ are\ marked
    |skip\ to\ (?:main\ |primary\ )?(?:content|navigation)|jump\ to\ (?:navigation|search)|powered\ by\b
    |retrieved\ from\ "|toggle\ navigation|javascript\ (?:is\ )?(?:disabled|required)|please\ enable\ javascript
    |click\ here\ to\ (?:log|register|subscribe|sign)
    |(?:older|newer)\ (?:posts|entries)|back\ to\ top
    |printer[-\ ]friendly
    |this\ site\ uses|last\ (?:modified|edited)\ on|page\ was\ last\ (?:modified|edited)|hot\ network\ questions
    |browse\ other\ questions\ tagged|not\ the\ answer\ you're\ looking\ for|from\ wikipedia,\ the\ free\ encyclopedia
    |improve\ this\ (?:question|answer)|add\ a\ comment|viewed\ [\d,]+\ times|privacy\ notice|contact\ us)""",
    re.VERBOSE,
)
_WHOLE_LINE = re.compile(
    r"""(?:log\ ?in|log\ ?out|sign\ ?(?:in|up)|register|menu|search|share|tweet|reply|quote|report|print|edit|\[edit\]
    |home|next|(?:ask|edit)\ question|your\ answer|(?:asked|viewed|active|modified)\ [\w\s,]{1,30}(?:ago|times|today)|
    previous|prev|top|up|advertisements?|loading(?:\.\.\.|…)?|login|cite|follow|flag|link|permalink|comments?|subscribe|
    (?:like|dislike|upvote|downvote|share|save|print|email|facebook|twitter|reddit|linkedin|pinterest|whatsapp
    |\||·|•|\s)++)""",
    re.VERBOSE,
)
_WORDS_PER_PHRASE = 14
_LONGEST_WIDGET = 300


def is_boilerplate_line(line: str) -> bool:
    """Whether a line without formula or code is a widget's: a known phrase for every 14 words, or a button's name."""
    if len(line) > _LONGEST_WIDGET:
        return False
    line = line.lower()
    if len(line) < 100 and _WHOLE_LINE.fullmatch(line):
        return True
    phrases = len(_PHRASES.findall(line))
    return phrases > 0 and len(line.split()) <= _WORDS_PER_PHRASE * phrases
