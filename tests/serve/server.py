"""A `rollcast serve` of its own for each test, and the control of its time."""

import contextlib
import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request

PROGRAM = os.environ["ROLLCAST"]

# Robots that take a known time and do not fail, unless a test wants it.
SCENARIO = """
name = "depot"
[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 50
{deployment}
{tables}
[[group]]
name = "amr"
robots = {robots}
[group.step.validating]
latency = {{ constant = "10s" }}
{validating}
[group.step.downloading_extracting]
latency = {{ constant = "20s" }}
"""


class Server:
    def __init__(self, url, pid):
        self.url, self.pid = url, pid

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return answer.read()

    def post(self, path, body, headers=None):
        """A POST without a client: status, headers and body."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers or {}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def admin(self, action, **what):
        status, _, body = self.post("/_rollcast/" + action, what)
        assert status == 200, (action, what, body)
        return json.loads(body)

    def step(self, span):
        """Lets so much virtual time pass."""
        return self.admin("step", **{"for": span})


@contextlib.contextmanager
def serving(*options, robots=4, deployment="", tables="", validating="", scenario=None):
    """A server whose time stands still, on a free port."""
    with tempfile.TemporaryDirectory() as folder:
        path = scenario or os.path.join(folder, "depot.toml")
        if scenario is None:
            with open(path, "w") as file:
                file.write(SCENARIO.format(robots=robots, deployment=deployment, tables=tables, validating=validating))
        command = [PROGRAM, "serve", path, "--listen", "127.0.0.1:0", "--paused", "--log", "off", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield Server(process.stdout.readline().strip(), process.pid)
            assert process.poll() is None, "the server ended by itself"
        finally:
            process.terminate()
            code = process.wait(20)
    assert code == 0, f"the server ended with {code}"
