#!/usr/bin/python3
"""Rules of this project that no general tool knows: layers, sizes, banned calls, headers that stand alone."""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 500, 60

# folder → folders whose headers it may include (arrows point one way)
MAY = {
    "lib/base": {"lib/base"},
    "lib/trace": {"lib/base", "lib/trace"},
    "lib/stir": {"lib/base", "lib/stir"},
    "lib/tdm": {"lib/base", "lib/tdm"},
    "lib/net": {"lib/base", "lib/trace", "lib/stir", "lib/net"},
    "pki": {"lib/base", "lib/trace", "lib/stir", "lib/net", "pki"},
    "ref-as": {"lib/base", "lib/trace", "lib/stir", "lib/net", "ref-as"},
    "ref-cps": {"lib/base", "lib/trace", "lib/stir", "lib/net", "ref-cps"},
    "ref-vs": {"lib/base", "lib/trace", "lib/stir", "lib/net", "ref-vs"},
    "sim/switch": {"lib/base", "lib/trace", "lib/net", "sim/switch"},
    "sim/gateway": {"lib/base", "lib/trace", "lib/net", "lib/tdm", "sim/gateway"},
}
# folders of oobsim, each of which may include from those above it and from lib
OOBSIM = ["proc", "events", "vector", "scenario", "world", "report", "run", "inspect", "conform", "roles", "coverage", ""]
LIB = {"lib/base", "lib/trace", "lib/stir", "lib/tdm", "lib/net"}
for rank, name in enumerate(OOBSIM, 1):
    MAY[f"sim/oobsim/{name}".rstrip("/")] = LIB | {f"sim/oobsim/{n}".rstrip("/") for n in OOBSIM[:rank]}
# header prefix → the folder that alone may include it
FOREIGN = {"re": "lib/net", "re.h": "lib/net", "microhttpd.h": "lib/net", "curl/": "lib/net", "gnutls/": "lib/net"}
OPENSSL = {"lib/stir", "lib/net/https_client.c", "lib/net/raw_tls.c"}
BANNED = {r"\bsprintf\s*\(": "snprintf", r"\bstrcpy\s*\(": "sv_dup or snprintf", r"\bstrcat\s*\(": "struct buf",
          r"\btime\s*\(\s*NULL": "struct env", r"\bsleep\s*\(": "a timer", r"\bgets\s*\(": "file_read", r"\batoi\s*\(": "sv_u64"}


def folder(path):
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:-1] if parts[:2] == ("sim", "oobsim") else parts[:2] if parts[0] in ("lib", "sim") else parts[:1])


def includes(path, text, complain):
    where = folder(path)
    rel = str(path.relative_to(ROOT))
    for n, line in enumerate(text.splitlines(), 1):
        own = re.match(r'#include "(.+)/[^/]+"', line)
        if own and own[1] not in MAY[where]:
            complain(f"{rel}:{n}: {where} may not include from {own[1]}")
        foreign = re.match(r"#include <(.+)>", line)
        if not foreign:
            continue
        for prefix, home in FOREIGN.items():
            hit = foreign[1] == prefix or (prefix.endswith("/") and foreign[1].startswith(prefix))
            if hit and where != home:
                complain(f"{rel}:{n}: only {home} may include <{foreign[1]}>")
        if foreign[1].startswith("openssl/") and where not in OPENSSL and rel not in OPENSSL:
            complain(f"{rel}:{n}: only {', '.join(sorted(OPENSSL))} may include <{foreign[1]}>")


def sizes(path, text, complain):
    rel = path.relative_to(ROOT)
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        complain(f"{rel}: {len(lines)} lines; more than {FILE_LINES} asks to be split by idea")
    start = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            start = n
        elif line == "}" and start:
            if n - start - 1 > FUNCTION_LINES:
                complain(f"{rel}:{start}: function of {n - start - 1} lines; at most {FUNCTION_LINES}")
            start = None


def banned(path, text, complain):
    if path == ROOT / "lib/base/env.c":
        return
    for n, line in enumerate(text.splitlines(), 1):
        for pattern, instead in BANNED.items():
            if re.search(pattern, line) and not line.lstrip().startswith(("*", "/*")):
                complain(f"{path.relative_to(ROOT)}:{n}: {pattern} is banned here; use {instead}")


def headers_alone(headers, complain):
    for h in headers:
        done = subprocess.run(["gcc", "-std=gnu17", "-I.", "-fsyntax-only", "-x", "c", "-include", str(h), "/dev/null"],
                              cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            complain(f"{h.relative_to(ROOT)} does not compile alone: {done.stderr.splitlines()[0]}")


def requirement_ids(complain):
    """Each requirement that code, tests, pages and scenarios name is in the registry. Scenarios and marks: `oobsim coverage` too."""
    registry = {r["id"] for r in json.loads((ROOT / "scenarios" / "requirements.json").read_text())["requirements"]}
    named = re.compile(r"(?<![\w-])(?:" + "|".join(sorted({i.split("-")[0] for i in registry})) + r")-[0-9A-Z]+(?![\w-])")
    where = [*MAY, "tests", "tests/unit", "tests/fuzz", "tests/tools", "scenarios", "docs", "docs/examples", "."]
    for path in sorted(p for d in where for p in (ROOT / d).glob("*.*") if p.suffix in (".c", ".h", ".py", ".json", ".md")):
        for n, line in enumerate(path.read_text().splitlines(), 1):
            for one in named.findall(line):
                if one not in registry:
                    complain(f"{path.relative_to(ROOT)}:{n}: {one} is not in scenarios/requirements.json")


def main():
    found = []
    sources = [p for d in MAY for p in sorted((ROOT / d).glob("*.[ch]"))]
    for path in sources:
        text = path.read_text()
        includes(path, text, found.append)
        sizes(path, text, found.append)
        banned(path, text, found.append)
    headers_alone([p for p in sources if p.suffix == ".h" and "isystem" not in p.read_text()], found.append)
    requirement_ids(found.append)
    print("\n".join(found) if found else f"{len(sources)} files: nothing to mend")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
