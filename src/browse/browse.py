# SPDX-License-Identifier: Apache-2.0
"""The web server of `tgraph -t browse`: a page for each target, made from what
`tgraph -t query` says of it, so that every look shows the graph as it is then.

    GET /           the targets (-t targets)
    GET /?TARGET    TARGET percent-encoded: what it needs and what needs it
    GET /find?t=W   the form's way to /?W

Names are bytes; here they are text with what is not UTF-8 kept aside by
surrogateescape. It needs nothing but the standard library, and is run with -I.
"""

import argparse
import html
import http.server
import os
import socket
import subprocess
import sys
import threading
import urllib.parse
import webbrowser

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em;
       margin: 1.5em auto; padding: 0 1em }
h1 { font-size: 1.3em; overflow-wrap: anywhere }
h2 { font-size: 1em; margin: 1.2em 0 .2em }
ul { list-style: none; margin: 0; padding: 0 }
li, pre { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
small { opacity: .7; font-family: system-ui, sans-serif }
nav { display: flex; gap: 1em; align-items: baseline }
"""

# What -t query's headings for a ninja file mean.
HEADINGS = {
    "outputs": "What is made from it",
    "validations": "Validations",
    "validation for": "Validates",
}
ORDER_ONLY = "|| "
IMPLICIT = "| "
# Lists whose lines name no target, and what turns one into a target's name.
PYTHONS = "runs under Python"
COUNTS = "other files"


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def decode(data):
    return data.decode("utf-8", "surrogateescape")


def address(target):
    """The page of a target."""
    return "/?" + urllib.parse.quote(encode(target))


def link(target, text=None):
    return '<a href="%s">%s</a>' % (html.escape(address(target)),
                                    html.escape(text or target))


class Graph:
    """The program that is asked, and how."""

    def __init__(self, opts):
        self.program = opts.program
        self.name = opts.name
        self.options = opts.option
        self.python = opts.python

    def ask(self, *words):
        """(exit code, lines of its output, what it said to standard error)"""
        end = subprocess.run(
            [encode(w) for w in (self.name, *self.options, "-t", *words)],
            executable=self.program, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return (end.returncode, decode(end.stdout).split("\n")[:-1],
                decode(end.stderr))

    def targets(self):
        return self.ask("targets")

    def query(self, target):
        # what begins with a dash is a file all the same
        return self.ask("query", "./" + target if target[:1] == "-"
                        else target)


class Page:
    """Text of a page as it grows; items are in a list of their own."""

    def __init__(self, title):
        self.title = title
        self.parts = []
        self.listing = False

    def close(self):
        if self.listing:
            self.parts.append("</ul>")
        self.listing = False

    def heading(self, text):
        self.close()
        self.parts.append("<h2>%s</h2>" % html.escape(text))

    def paragraph(self, text):
        self.close()
        self.parts.append("<p>%s</p>" % html.escape(text))

    def verbatim(self, text):
        self.close()
        self.parts.append("<pre>%s</pre>" % html.escape(text))

    def item(self, body, note=""):
        if not self.listing:
            self.parts.append("<ul>")
        self.listing = True
        if note:
            body += " <small>%s</small>" % html.escape(note)
        self.parts.append("<li>%s</li>" % body)

    def data(self):
        self.close()
        return encode("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>%s</title>
<style>%s</style></head><body>
<nav><a href="/">all targets</a>
<form action="/find"><input name="t" aria-label="target" \
placeholder="target"></form></nav>
<h1>%s</h1>
%s
</body></html>
""" % (html.escape(self.title), STYLE, html.escape(self.title),
            "\n".join(self.parts)))


def failed_page(title, said):
    page = Page(title)
    page.verbatim(said)
    return page


def index_page(graph):
    code, lines, said = graph.targets()
    if code:
        return 500, failed_page("The graph cannot be read", said)
    page = Page("Targets")
    for line in lines:
        # no rule has a colon in its name
        target, _, what = line.rpartition(": ")
        page.item(link(target or line), what if target else "")
    if not lines:
        page.paragraph("There is none.")
    return 200, page


def manifest_item(page, text):
    """A line of -t query's lists, for a ninja file."""
    for mark, note in ((ORDER_ONLY, "order-only"), (IMPLICIT, "implicit")):
        if text.startswith(mark):
            page.item(link(text[len(mark):]), note)
            return
    page.item(link(text))


def manifest_page(lines):
    """Of a ninja file: its lists are all of targets."""
    page = Page(lines[0][:-1])
    heading = ""
    if not any(line.startswith("  input: ") for line in lines):
        page.paragraph("No step makes it.")
    for line in lines[1:]:
        if line.startswith("    "):
            if heading:
                page.heading(heading)
            heading = ""
            manifest_item(page, line[4:])
        elif line.startswith("  input: "):
            page.paragraph("Made by the rule %s." % line[9:])
            heading = "What it is made from"
        else:
            heading = HEADINGS.get(line.strip().rstrip(":"), line.strip())
    return page


def python_page(lines):
    """Of a Python repository: -t query speaks its users' words already."""
    name, _, what = lines[0].partition(": ")
    page = Page(name)
    page.paragraph(what)
    heading = ""
    for line in lines[1:]:
        text = line.strip()
        if not line.startswith("    "):
            heading = text[:-1] if text.endswith(":") else ""
            if heading:
                page.heading(heading)
            else:
                page.paragraph(text)
        elif heading == PYTHONS:
            page.item(link("py" + text.partition(":")[0], text))
        elif heading == COUNTS:
            page.item(html.escape(text))
        else:
            page.item(link(line[4:]))
    return page


def target_page(graph, target):
    if "\0" in target:
        return 404, failed_page("No such target", "there is a NUL in its name")
    code, lines, said = graph.query(target)
    if code or not lines:
        return 404, failed_page(target, said)
    if graph.python:
        return 200, python_page(lines)
    return 200, manifest_page(lines)


class Handler(http.server.BaseHTTPRequestHandler):
    server_version = "tgraph"
    sys_version = ""

    def trusted(self):
        """A page from elsewhere that has its own name point to this machine
        must not read ours."""
        host = self.headers.get("Host", "")
        try:
            name = urllib.parse.urlsplit("//" + host).hostname
        except ValueError:
            return False
        return not self.server.hosts or name in self.server.hosts

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if not self.trusted():
            self.send_error(403, "This server has another name")
            return
        if path == "/find":
            fields = urllib.parse.parse_qs(query, errors="surrogateescape")
            self.redirect(fields.get("t", [""])[0].strip())
            return
        if path != "/":
            self.send_error(404)
            return
        target = decode(urllib.parse.unquote_to_bytes(query))
        graph = self.server.graph
        try:
            status, page = (target_page(graph, target) if target
                            else index_page(graph))
        except OSError as e:
            status, page = 500, failed_page("The graph cannot be read", str(e))
        self.answer(status, page.data())

    def redirect(self, target):
        self.send_response(303)
        self.send_header("Location", address(target) if target else "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status, data):
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; "
                         "style-src 'unsafe-inline'; form-action 'self'; "
                         "base-uri 'none'; frame-ancestors 'none'")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        """Nothing: the terminal is the user's."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, family, place, graph, hosts):
        self.address_family = family
        self.graph = graph
        self.hosts = hosts
        super().__init__(place, Handler)

    def server_bind(self):
        # without asking for this machine's name in the network
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def is_local(place):
    return place[0] == "::1" or place[0].startswith("127.")


def listen(opts):
    """The server, on the first of the host's addresses that works."""
    graph, trouble = Graph(opts), None
    for family, _, _, _, place in socket.getaddrinfo(
            opts.hostname or None, opts.port, type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE):
        hosts = ({"localhost", "127.0.0.1", "::1", opts.hostname.lower()}
                 if is_local(place) else None)
        try:
            return Server(family, place, graph, hosts)
        except OSError as e:
            trouble = trouble or e
    raise trouble


def own_address(opts, server):
    host = opts.hostname or "localhost"
    if ":" in host:
        host = "[%s]" % host
    return "http://%s:%d%s" % (host, server.server_port,
                               address(opts.target) if opts.target else "/")


def parse(argv):
    """The program has checked what the user wrote."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--program", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--python", action="store_true")
    parser.add_argument("--hostname", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--target", default="")
    opts = parser.parse_args(argv)
    opts.option = [decode(os.fsencode(o)) for o in opts.option]
    opts.target = decode(os.fsencode(opts.target))
    return opts


def main(argv):
    opts = parse(argv)
    try:
        server = listen(opts)
    except OSError as e:
        sys.stderr.write("%s: error: -t browse: listen on %s, port %d: %s\n" %
                         (opts.name, opts.hostname, opts.port,
                          e.strerror or e))
        return 1 if opts.name == "ninja" else 3
    url = own_address(opts, server)
    # a browser that is text only keeps the terminal while it is asked
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        print("%s shows the graph; Ctrl-C ends it" % url, flush=True)
        if not opts.no_browser:
            webbrowser.open(url)
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
