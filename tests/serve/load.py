"""Many clients at once, with wrk: nobody meets an error, and the server does not grow with what it answers. First a path on which
nothing is done, for what the machine itself takes.

    load.py [SECONDS]
"""

import json
import os
import subprocess
import sys

from server import serving

CONNECTIONS = 64


def call(server, path, **body):
    status, _, answer = server.post(path, body)
    assert status == 200, (path, answer)
    return json.loads(answer)


def resident(pid):
    """Resident memory in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


if __name__ == "__main__":
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    with serving(robots=1000) as server:
        (fleet,) = call(server, "/listFleets")["fleetDetails"]
        (app,) = call(server, "/listRobotApplications")["robotApplicationSummaries"]
        launch = {"packageName": "depot", "launchFile": "depot.launch"}
        configs = [{"application": app["arn"], "applicationVersion": "1", "launchConfig": launch}]
        job = {"fleet": fleet["arn"], "clientRequestToken": "first", "deploymentApplicationConfigs": configs}
        call(server, "/createDeploymentJob", **job)
        # All robots are in sync then: each sync job succeeds at once.
        server.step("1d")
        here = os.path.dirname(os.path.abspath(__file__))
        for operation in ["idle", "describeFleet", "syncDeploymentJob"]:
            before = resident(server.pid)
            wrk = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", f"{here}/load.lua", server.url]
            environment = os.environ | {"OPERATION": operation, "FLEET": fleet["arn"]}
            printed = subprocess.run(wrk, env=environment, text=True, stdout=subprocess.PIPE)
            print(printed.stdout.splitlines()[-1])
            print(f"  memory {before:.0f} MB before, {resident(server.pid):.0f} MB after")
            assert printed.returncode == 0, printed.stdout
            if operation == "syncDeploymentJob":
                jobs = next(line for line in server.get("/metrics").decode().splitlines() if 'SyncDeploymentJob",outcome="ok"' in line)
                grown = (resident(server.pid) - before) * 1024 * 1024 / int(jobs.split()[-1])
                print(f"  {grown:.0f} bytes for each finished job")
                # Room for maps that have just grown, and for what the allocator keeps.
                assert grown < 600, grown
            else:
                assert resident(server.pid) < before + 100, "memory grows with answers"
