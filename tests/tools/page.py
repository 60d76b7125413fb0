#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# page.py FILE [QUERY...]: checks the page of pcp --report: that it is well-formed, as XML and as
# HTML, refers to nothing outside of it, and tells everybody what its tables and drawings are.
# Prints what is wrong, and ends with 1 where there is anything; else prints the answer to each
# QUERY, one a line:
#
#   text:ID              the text of that element
#   has:ID               yes or no
#   count:TAG            how many such elements there are
#   cell:TABLE:ROW:COLUMN, sum:TABLE:COLUMN, rows:TABLE
#                        by the ID of a table, the first cell of a row, the head of a column;
#                        numbers without the spaces between their digits
#   names:TABLE          its last column, one a line

import html.parser
import re
import sys
import xml.etree.ElementTree as ElementTree

XHTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
VOID = {"meta", "br", "link", "img", "hr", "input"}
OUTSIDE = {"href", "src", "srcset", "action", "data", "poster", "background", "style"}


class Balance(html.parser.HTMLParser):
    """As a browser reads it: each element that is not void is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.faults = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.faults += [f"<{tag}> has {name}" for name, _ in attrs
                        if name in OUTSIDE or name.startswith("on")]

    def handle_startendtag(self, tag, attrs):
        if tag not in VOID | {"path", "line", "rect"}:
            self.faults.append(f"HTML does not close <{tag}/>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")


def text_of(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def number_of(text):
    return re.sub(r"(?<=\d)[\u202f\u00a0](?=\d)", "", text)


def faults_of(root, source):
    balance = Balance()
    balance.feed(source)
    balance.close()
    yield from balance.faults
    yield from (f"<{tag}> is not closed" for tag in balance.open)
    if not source.startswith("<!DOCTYPE html>\n"):
        yield "no doctype"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    yield from (f"id {i} is there twice" for i in set(ids) if ids.count(i) > 1)
    for element in root.iter():
        if not element.tag.startswith((XHTML, SVG)):
            yield f"{element.tag} is in no namespace"
    yield from ("a script" for _ in root.iter(XHTML + "script"))
    for style in root.iter(XHTML + "style"):
        if re.search(r"url\(|@import", style.text):
            yield "the style refers to something"
    for table in root.iter(XHTML + "table"):
        if table.find(XHTML + "caption") is None:
            yield "a table has no caption"
        yield from ("a head without a scope" for th in table.iter(XHTML + "th")
                    if th.get("scope") not in ("row", "col"))
    for svg in root.iter(SVG + "svg"):
        if svg.find(SVG + "title") is None or svg.get("role") != "img":
            yield "a drawing has no title or role"
        for path in svg.iter(SVG + "path"):
            if not re.fullmatch(r"([MLZ]|-?[0-9.]+|[ ])*", path.get("d")):
                yield f"a path: {path.get('d')}"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e]", source):
        yield "a character that controls something"


def cells(table):
    """The head, and the rows, as lists of texts"""
    rows = [[number_of(text_of(cell)) for cell in row] for row in table.iter(XHTML + "tr")]
    return rows[0], rows[1:]


def answer(root, query):
    what, *rest = query.split(":")
    if what == "count":
        return str(sum(1 for e in root.iter() if e.tag.split("}")[1] == rest[0]))
    found = [e for e in root.iter() if e.get("id") == rest[0]]
    if what == "has":
        return "yes" if found else "no"
    if not found:
        return "none"
    if what == "text":
        return text_of(found[0])
    head, rows = cells(found[0])
    if what == "rows":
        return str(len(rows))
    if what == "names":
        return "\n".join(row[-1] for row in rows)
    column = head.index(rest[-1]) if rest[-1] in head else None
    if column is None:
        return "none"
    if what == "sum":
        return str(sum(int(row[column]) for row in rows))
    return next((row[column] for row in rows if row[0] == rest[1]), "none")


def main():
    with open(sys.argv[1], "rb") as file:
        source = file.read().decode()
    root = ElementTree.fromstring(source)
    faults = list(faults_of(root, source))
    print("".join(fault + "\n" for fault in faults), end="")
    if faults:
        sys.exit(1)
    for query in sys.argv[2:]:
        print(answer(root, query))


main()
