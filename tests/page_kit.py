"""Reads the pages that oobsim writes."""

import html.parser
import re


class Page(html.parser.HTMLParser):
    """Well-formed: each element that is opened is closed in its turn; no script, and nothing from elsewhere."""

    VOID = {"meta", "input", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.rows, self.links, self.tags = [], [], [], [], []
        self.feed(text)
        assert self.open == [] and len(self.ids) == len(set(self.ids))
        assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)[^<]*\.(css|js|png)", text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag not in ("script", "link", "img", "iframe", "object"), tag
        assert "src" not in attrs and not any(a.startswith("on") for a in attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        if tag == "tr" and "class" in attrs:
            self.rows.append(attrs["class"].split())
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))  # of a picture: <path/>

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def check_filter(self):
        """Each button has its label, and its rule: what is checked hides the rows of another class."""
        buttons = [a for tag, a in self.tags if tag == "input"]
        labels = {a["for"] for tag, a in self.tags if tag == "label"}
        assert buttons and labels <= {b["id"] for b in buttons}
        assert {b["name"] for b in buttons if "checked" in b} == {b["name"] for b in buttons}
        return labels
