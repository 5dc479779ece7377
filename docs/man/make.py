#!/usr/bin/python3
"""Makes the manual pages from what each program says of itself: docs/man/make.py BINDIR [OUTDIR]

A page is the program's own --help, so that the two cannot differ; tests/test_docs.py holds the committed
pages against the programs.
"""

import pathlib
import subprocess
import sys

PROGRAMS = ["oobsim", "sti-pki", "ref-as", "ref-cps", "ref-vs", "oob-switch", "oob-gateway"]
HERE = pathlib.Path(__file__).resolve().parent


def said(binary, *words):
    return subprocess.run([binary, *words], capture_output=True, text=True, check=True, timeout=20).stdout


def verbatim(text):
    return ".nf\n" + "\n".join(escaped(line) for line in text.strip("\n").splitlines()) + "\n.fi\n"


def commands(text):
    """The commands that a help text lists behind its `usage: PROGRAM COMMAND …` line, one a line."""
    lines = text.splitlines()
    usage = [n for n, line in enumerate(lines) if line.startswith("usage:") and " COMMAND" in line]
    block = lines[usage[0] + 2:] if usage else []
    return [line.split()[0] for line in block[:block.index("")]] if block else []


def escaped(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def page(bindir, program):
    text = said(bindir / program, "--help")
    version = said(bindir / program, "--version").split()[1]
    first, _, rest = text.partition("\n")
    summary = first.split(":", 1)[1].strip()
    see = "\n".join(f".BR {p} (1)" + ("," if p != PROGRAMS[-1] else "") for p in PROGRAMS if p != program)
    return (f'.TH {program.upper()} 1 "" "oobsim {version}" "Out-of-Band SHAKEN"\n'
            f".SH NAME\n{program} \\- {escaped(summary)}\n"
            f".SH DESCRIPTION\n{verbatim(rest)}"
            + "".join(f".SH {c.upper()}\n{verbatim(said(bindir / program, c, '--help'))}" for c in commands(text)) +
            f".SH SEE ALSO\n{see}\n")


def main():
    bindir = pathlib.Path(sys.argv[1]).resolve()
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
    for program in PROGRAMS:
        (out / f"{program}.1").write_text(page(bindir, program))


if __name__ == "__main__":
    main()
