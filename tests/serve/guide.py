"""Runs what docs/serve.md shows of `rollcast serve`, as it stands there."""

import os
import re
import shlex
import subprocess
import sys
import tempfile

from server import PROGRAM

REPOSITORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def command(line):
    words = shlex.split(line)
    assert words[0] == "rollcast", line
    return [PROGRAM, *words[1:]]


if __name__ == "__main__":
    with open(os.path.join(REPOSITORY, "docs", "serve.md")) as file:
        page = file.read()
    start, run, admin = blocks(page, "console")
    (script,) = blocks(page, "python")
    serve, url = start.removeprefix("$ ").splitlines()
    # As it stands there, and over more robots than DescribeFleet shows.
    for larger in [[], ["--set", "group.amr.robots=2500"]]:
        server = subprocess.Popen([*command(serve), *larger], cwd=REPOSITORY, text=True, stdout=subprocess.PIPE)
        try:
            assert server.stdout.readline().strip() == url
            with tempfile.TemporaryDirectory() as folder:
                first, shown = run.removeprefix("$ ").split("\n", 1)
                _, name = first.split()
                with open(os.path.join(folder, name), "w") as file:
                    file.write(script)
                printed = subprocess.run([sys.executable, name], cwd=folder, text=True, capture_output=True)
                told = printed.stdout.splitlines()
                if larger:
                    counts = [int(line.split()[1]) for line in told]
                    assert counts and counts[0] > 0 and counts[-1] == 0, (told, printed.stderr)
                else:
                    assert printed.stdout == shown, (printed.stdout, printed.stderr)
            for line in admin.splitlines():
                subprocess.run(command(line.removeprefix("$ ")), check=True, stdout=subprocess.DEVNULL)
        finally:
            server.terminate()
            code = server.wait(20)
        assert code == 0, code
    print("passed: the guide's script")
