"""Two hundred who watch 100,000 robots, half of them without reading: the server stays small, and answers others meanwhile."""

import socket
import threading
import time

from load import call, resident
from server import serving

WATCHERS, SECONDS = 200, 15


def watch(server, read):
    host, port = server.url.removeprefix("http://").split(":")
    stream = socket.create_connection((host, int(port)))
    stream.sendall(f"GET /_rollcast/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    while read and stream.recv(1 << 20):
        pass
    return stream


if __name__ == "__main__":
    with serving("--speed", "60", robots=100_000) as server:
        before = peak = resident(server.pid)
        for number in range(WATCHERS):
            threading.Thread(target=watch, args=(server, number % 2), daemon=True).start()
        call(server, "/_rollcast/clock", paused=False)
        (fleet,) = call(server, "/listFleets")["fleetDetails"]
        (app,) = call(server, "/listRobotApplications")["robotApplicationSummaries"]
        launch = {"packageName": "depot", "launchFile": "depot.launch"}
        configs = [{"application": app["arn"], "applicationVersion": "1", "launchConfig": launch}]
        job = {"fleet": fleet["arn"], "clientRequestToken": "first", "deploymentApplicationConfigs": configs}
        call(server, "/createDeploymentJob", **job)
        took, begun = [], time.time()
        while time.time() < begun + SECONDS:
            asked = time.time()
            call(server, "/createFleet", name=f"fleet-{len(took)}")
            took.append(time.time() - asked)
            peak = max(peak, resident(server.pid))
            time.sleep(0.05)
        took.sort()
        p99 = took[len(took) * 99 // 100]
        print(f"{WATCHERS} watch: memory {before:.0f} MB before, {peak:.0f} MB at most; {len(took)} calls,"
              f" p50 {took[len(took) // 2] * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, at most {took[-1] * 1e3:.0f} ms")
        assert peak < before + 400, "memory grows with those who watch"
