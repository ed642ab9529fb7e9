#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t browse: pages of the graph, from a web server of its own.
. "$(dirname "$0")/../lib.sh"

# browse CODE ARG...: starts the program with ARG, runs the Python CODE beside
# it, and ends it. CODE has url, the address that was printed, and get(PATH):
# the page's status, text and the links in it.
browse() {
	T_checks=$((T_checks + 1))
	T_code=$1
	shift
	"$T_VENV/bin/python" "$T_DIR/drive.py" "$T_code" \
		"$T_PROG" -t browse "$@" >"$T_OUT" 2>"$T_ERR" 3>&- ||
		fail "browse $*"
}
put "$T_DIR/drive.py" <<\END
import html
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

server = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE)
try:
    line = server.stdout.readline().decode()
    url = re.match(r"(http://\S+) shows the graph; Ctrl-C ends it\n", line)[1]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(path, **headers):
        request = urllib.request.Request(urllib.parse.urljoin(url, path),
                                         headers=headers)
        try:
            with opener.open(request, timeout=60) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            status, text = e.code, e.read().decode()
        links = [(html.unescape(a), html.unescape(b)) for a, b in
                 re.findall(r'<li><a href="([^"]*)">([^<]*)</a>', text)]
        return status, text, links

    exec(sys.argv[1])
finally:
    server.terminate()
    server.wait()
END

put in </dev/null
manifest <<\END
rule c
  command = touch $out
build out<b>&"'x: c in | impl || oo |@ val
build val: c in
build sp$ ace%?#+: phony out<b>&"'x
build --version: c in
build -h | Ärger: c in
END

t 'a target: what it needs, what needs it, and all of it escaped'
browse '
path = "/?out%3Cb%3E%26%22%27x"
assert url.endswith(path), url
status, text, links = get(path)
assert status == 200
assert "<title>out&lt;b&gt;&amp;&quot;&#x27;x</title>" in text, text
assert "<b>" not in text, text
assert "Made by the rule c." in text, text
assert links == [
    ("/?in", "in"), ("/?impl", "impl"), ("/?oo", "oo"), ("/?val", "val"),
    ("/?sp%20ace%25%3F%23%2B", "sp ace%?#+"),
], links
assert [n for n in re.findall("<small>(.*?)</small>", text)] == [
    "implicit", "order-only"], text
' --no-browser --port=0 "out<b>&\"'x"

t 'every link leads to its page, from the page of all targets on'
browse '
assert re.fullmatch("http://localhost:[0-9]+/", url), url
todo, seen = ["/"], {}
while todo:
    path = todo.pop()
    status, text, links = get(path)
    assert status == 200, (path, text)
    for to, name in links:
        if to not in seen:
            todo.append(to)
            seen[to] = name
    assert path not in seen or \
        "<h1>%s</h1>" % html.escape(seen[path]) in text, text
assert sorted(seen.values()) == sorted([
    "in", "impl", "oo", "val", "sp ace%?#+", "out<b>&\"\x27x", "--version",
    "-h", "Ärger"]), seen
assert "No step makes it." in get("/?in")[1]
' --no-browser -p 0

t 'what there is not'
browse '
status, text, links = get("/?%3Ci%3Enosuch")
assert status == 404 and "unknown target" in text and "<i>" not in text, text
assert get("/?a%00b")[0] == 404
assert get("/in")[0] == 404
assert get("/../build.ninja")[0] == 404
' --no-browser --port 0

t 'the graph is the one that is there now'
browse '
with open("build.ninja", "a") as f:
    f.write("build later: c in\n")
assert ("/?later", "later") in get("/?in")[2]
' --no-browser --port=0
missing later

t 'a name can be typed'
browse '
status, text, links = get("/find?t=+sp+ace%25%3F%23%2B+")
assert "<h1>sp ace%?#+</h1>" in text, text
assert ("/?val", "val") in get("/find?t=")[2]
' --no-browser --port=0

t 'only this machine, by its own name'
browse '
assert get("/", Host="localhost:1")[0] == 200
assert get("/", Host="rebound.example:80")[0] == 403
assert url.startswith("http://127.0.0.1:"), url
' --no-browser --port=0 --hostname=127.0.0.1

t 'a port that is taken'
"$T_VENV/bin/python" - "$T_PROG" >"$T_OUT" 2>"$T_ERR" <<\END 3>&-
import socket
import subprocess
import sys
with socket.create_server(("127.0.0.1", 0)) as s:
    port = s.getsockname()[1]
    end = subprocess.run([sys.argv[1], "-t", "browse", "--no-browser",
                          "-a", "127.0.0.1", "--port=%d" % port])
    print("exit", end.returncode)
END
expect_out 'exit 3'
expect_err 'tgraph: error: -t browse: listen on 127.0.0.1, port '

t 'a browser is opened on it'
mkfifo opened
put "$T_DIR/bin/show" <<END
#!/bin/sh
echo "\$1" >"$PWD/opened"
END
chmod +x "$T_DIR/bin/show"
BROWSER="$T_DIR/bin/show %s"
export BROWSER
browse '
with open("opened") as f:
    opened = f.read()
assert opened == url + "\n" and opened.endswith("/?val\n"), opened
assert get("/?val")[0] == 200
' --port=0 val
unset BROWSER

t 'another ninja file, from another directory'
mkdir -p sub/dir
sed 's/build later/build other/' build.ninja >sub/other.ninja
T_real=$T_PROG
put "$T_DIR/there" <<END
#!/bin/sh
exec "$T_real" -C sub -f other.ninja "\$@"
END
chmod +x "$T_DIR/there"
T_PROG=$T_DIR/there
browse '
assert ("/?other", "other") in get("/")[2]
assert ("/?other", "other") in get("/?in")[2]
' --no-browser --port=0
T_PROG=$T_real

t 'what is wrong is said'
for port in '' x 65536 -1 1x; do
	build_fail 2 -t browse --port="$port"
	expect_err "'$port' is not a port"
done
build_fail 2 -t browse a b
expect_err 'expected one target'
build_fail 2 -t browse --frobnicate
expect_out 'usage: tgraph -t browse'
PATH=$T_DIR/none build_fail 3 -t browse
expect_err '-t browse needs python3'
echo nonsense >broken.ninja
build_fail 2 -f broken.ninja -t browse
expect_err 'broken.ninja:1:'

t 'a Python repository, in the words of its users'
fresh
py_workspace low mid:low
cd packages/low || exit 2
browse '
v = "py%d.%d" % sys.version_info[:2]
assert url.endswith("/?packages/low/tests/test_low.py"), url
status, text, links = get(url)
assert status == 200 and "<p>test file of low</p>" in text, text
assert ("/?packages/low/src/low/core.py", "packages/low/src/low/core.py") \
    in links, links
assert links[0][0] == "/?" + v, links
assert "<li>1 files of low that are not Python</li>" in text, text
assert ("/?low", "low") in get("/?" + v)[2]
assert ("/?mid", "mid") in get("/?low")[2]
assert [name for to, name in get("/")[2]] == [
    "low", "mid", v, "packages/low/tests/test_low.py",
    "packages/mid/tests/test_mid.py"], get("/")
assert "mid.core" not in text and ".tgraph" not in text, text
' --no-browser --port=0 tests/test_low.py
cd ../.. || exit 2

t 'as ninja'
as_ninja
manifest <<\END
rule touch
  command = touch $out
build out: touch in
END
browse '
assert get(url)[2] == [("/?in", "in")], get(url)
assert "ninja: error: unknown target" in get("/?nosuch")[1]
' --no-browser --port=0 out
build -t list
expect_out '     browse  '
PATH=$T_DIR/none build_fail 1 -t browse
expect_err 'ninja: error: -t browse needs python3'

end
