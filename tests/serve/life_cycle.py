"""A whole life through botocore: a fleet is made, deployed to, grows, is synchronised, and goes."""

import datetime
import time

from clients import client, refused
from server import serving

OPERATIONS = 23
# What responses never have, and why.
ABSENT = {
    # The first answer is given while the job is pending, and is repeated as it was.
    "CreateDeploymentJob": {"failureReason", "failureCode"},
    "SyncDeploymentJob": {"failureReason", "failureCode"},
}

# In virtual time the account begins now.
WINDOW = datetime.timedelta(minutes=2)


def application(robomaker, name, architectures=("X86_64", "ARM64", "ARMHF")):
    made = robomaker.create_robot_application(
        name=name,
        sources=[{"s3Bucket": "builds", "s3Key": f"{name}.tar", "architecture": a} for a in architectures],
        robotSoftwareSuite={"name": "ROS2", "version": "Foxy"},
        tags={"team": "rollout"},
    )
    assert made["name"] == name and made["version"] == "$LATEST" and made["tags"] == {"team": "rollout"}, made
    return made["arn"]


def config(arn, version="1"):
    return [
        {
            "application": arn,
            "applicationVersion": version,
            "launchConfig": {"packageName": "depot", "launchFile": "depot.launch.py"},
        }
    ]


def whole_life(server):
    robomaker, watcher = client(server)
    # What the scenario gives: one fleet with its robots, an application with version 1, no deployment.
    (given,) = robomaker.list_fleets()["fleetDetails"]
    assert given["name"] == "depot" and "lastDeploymentJob" not in given, given
    assert abs(given["createdAt"] - datetime.datetime.now(datetime.timezone.utc)) < WINDOW, given
    described = robomaker.describe_fleet(fleet=given["arn"])
    assert [robot["name"] for robot in described["robots"]] == [f"amr-{i}" for i in range(1, 5)], described
    assert all(robot["status"] == "Registered" for robot in described["robots"]), described
    (shipped,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    versions = robomaker.list_robot_applications(versionQualifier="ALL")["robotApplicationSummaries"]
    assert {version["version"] for version in versions} == {"$LATEST", "1"}, versions
    assert robomaker.list_deployment_jobs()["deploymentJobs"] == []

    fleet = robomaker.create_fleet(name="picking", tags={"site": "Zurich"})
    assert fleet["tags"] == {"site": "Zurich"} and ":deployment-fleet/picking/" in fleet["arn"], fleet
    fleet = fleet["arn"]
    robots = []
    for number in range(5):
        tags = {"group": "amr"} if number else {}
        robot = robomaker.create_robot(
            name=f"picker-{number}", architecture="ARM64", greengrassGroupId=f"group-{number}", tags=tags
        )
        robots.append(robot["arn"])
    for robot in robots[:3]:
        registered = robomaker.register_robot(fleet=fleet, robot=robot)
        assert (registered["fleet"], registered["robot"]) == (fleet, robot), registered
    own = application(robomaker, "picker")
    version = robomaker.create_robot_application_version(application=own)
    assert version["version"] == "1" and version["arn"] == own, version
    assert robomaker.describe_robot_application(application=own, applicationVersion="1")["version"] == "1"

    boxed = robomaker.create_robot_application(
        name="boxed",
        robotSoftwareSuite={"name": "General"},
        environment={"uri": "111111111111.dkr.ecr.us-west-2.amazonaws.com/boxed:1"},
    )
    digest = "sha256:" + "0" * 64
    robomaker.create_robot_application_version(application=boxed["arn"], imageDigest=digest)
    shown = robomaker.describe_robot_application(application=boxed["arn"], applicationVersion="1")
    assert shown["imageDigest"] == digest and shown["environment"] == boxed["environment"], shown

    # A sync job needs a deployment before it.
    refused(robomaker.sync_deployment_job, "ResourceNotFoundException", fleet=fleet, clientRequestToken="early")
    request = dict(
        fleet=fleet,
        clientRequestToken="first",
        deploymentApplicationConfigs=config(own),
        deploymentConfig={"concurrentDeploymentPercentage": 34, "failureThresholdPercentage": 100},
        tags={"build": "42"},
    )
    job = robomaker.create_deployment_job(**request)
    assert job["status"] == "Pending" and job["tags"] == {"build": "42"}, job
    assert job["deploymentConfig"]["concurrentDeploymentPercentage"] == 34, job
    again = robomaker.create_deployment_job(**request)
    assert {**again, "ResponseMetadata": None} == {**job, "ResponseMetadata": None}
    refused(
        robomaker.create_deployment_job,
        "IdempotentParameterMismatchException",
        **{**request, "deploymentConfig": {"concurrentDeploymentPercentage": 35}},
    )
    refused(robomaker.sync_deployment_job, "ConcurrentDeploymentException", fleet=fleet, clientRequestToken="busy")

    # One robot at a time: 34 % of 3 is one.
    server.step("5s")
    shown = robomaker.describe_deployment_job(job=job["arn"])
    assert shown["status"] == "InProgress", shown
    first, second, third = shown["robotDeploymentSummary"]
    assert (first["arn"], first["status"]) == (robots[0], "Deploying"), first
    # How much is done is shown of the download only, as AWS's documentation says.
    assert first["progressDetail"] == {"currentProgress": "Validating", "targetResource": job["arn"]}, first
    server.step("10s")
    first = robomaker.describe_deployment_job(job=job["arn"])["robotDeploymentSummary"][0]
    progress = first["progressDetail"]
    assert (progress["currentProgress"], progress["percentDone"]) == ("DownloadingExtracting", 25.0), progress
    assert progress["estimatedTimeRemainingSeconds"] == 15, progress
    assert second["status"] == third["status"] == "PendingNewDeployment", shown
    assert robomaker.describe_robot(robot=robots[0])["lastDeploymentJob"] == job["arn"]
    # A robot that leaves frees its slot; one that comes is not a target of this job.
    robomaker.deregister_robot(fleet=fleet, robot=robots[1])
    for robot in robots[3:]:
        robomaker.register_robot(fleet=fleet, robot=robot)
    server.step("2m")
    shown = robomaker.describe_deployment_job(job=job["arn"])
    assert shown["status"] == "Succeeded", shown
    (done,) = [robot for robot in shown["robotDeploymentSummary"] if robot["arn"] == robots[0]]
    taken = done["deploymentFinishTime"] - done["deploymentStartTime"]
    assert (done["status"], taken.total_seconds()) == ("InSync", 30.0), done
    fleet_now = robomaker.describe_fleet(fleet=fleet)
    assert fleet_now["lastDeploymentStatus"] == "Succeeded" and fleet_now["lastDeploymentJob"] == job["arn"]
    assert [robot["status"] for robot in fleet_now["robots"]] == ["InSync", "InSync", "Registered", "Registered"]

    # The sync job is for the two that have come; the same token gives the same answer for ever.
    sync = robomaker.sync_deployment_job(fleet=fleet, clientRequestToken="second")
    assert sync["deploymentApplicationConfigs"] == config(own) and sync["status"] == "Pending", sync
    server.step("1s")
    assert len(robomaker.describe_deployment_job(job=sync["arn"])["robotDeploymentSummary"]) == 2
    server.step("10m")
    again = robomaker.sync_deployment_job(fleet=fleet, clientRequestToken="second")
    assert {**again, "ResponseMetadata": None} == {**sync, "ResponseMetadata": None}
    assert robomaker.describe_deployment_job(job=sync["arn"])["status"] == "Succeeded"
    # Nothing is left to do: such a job succeeds at once.
    empty = robomaker.sync_deployment_job(fleet=fleet, clientRequestToken="third")
    assert empty["status"] == "Succeeded", empty

    # A robot that cannot run the application fails in Validating.
    narrow = application(robomaker, "narrow", ["X86_64"])
    robomaker.create_robot_application_version(application=narrow)
    bad = robomaker.create_deployment_job(
        fleet=fleet, clientRequestToken="bad", deploymentApplicationConfigs=config(narrow)
    )
    # An absent configuration is the scenario's.
    assert bad["deploymentConfig"]["failureThresholdPercentage"] == 50, bad
    server.step("10m")
    shown = robomaker.describe_deployment_job(job=bad["arn"])
    assert (shown["status"], shown["failureCode"]) == ("Failed", "FailureThresholdBreached"), shown
    failed = [robot for robot in shown["robotDeploymentSummary"] if robot["status"] == "Failed"]
    assert len(failed) == 2, shown
    assert all(robot["failureCode"] == "MissingRobotApplicationArchitecture" for robot in failed), failed

    # Cancel: who is in flight ends as aborted.
    slow = robomaker.create_deployment_job(
        fleet=fleet, clientRequestToken="slow", deploymentApplicationConfigs=config(own)
    )
    server.step("12s")
    robomaker.cancel_deployment_job(job=slow["arn"])
    server.step("1s")
    shown = robomaker.describe_deployment_job(job=slow["arn"])
    assert shown["status"] == "Canceled", shown
    aborted = {robot.get("failureCode") for robot in shown["robotDeploymentSummary"]}
    assert aborted == {"RobotDeploymentAborted", None}, shown
    robomaker.cancel_deployment_job(job=slow["arn"])
    refused(robomaker.cancel_deployment_job, "InvalidParameterException", "Succeeded", job=job["arn"])

    # Tags.
    robomaker.tag_resource(resourceArn=fleet, tags={"shift": "night"})
    assert robomaker.list_tags_for_resource(resourceArn=fleet)["tags"] == {"site": "Zurich", "shift": "night"}
    robomaker.untag_resource(resourceArn=fleet, tagKeys=["site"])
    assert robomaker.describe_fleet(fleet=fleet)["tags"] == {"shift": "night"}

    # And everything goes: a robot by itself, the others with their fleet.
    robomaker.deregister_robot(fleet=fleet, robot=robots[0])
    assert "fleetArn" not in robomaker.describe_robot(robot=robots[0])
    refused(robomaker.deregister_robot, "ResourceNotFoundException", fleet=fleet, robot=robots[0])
    robomaker.delete_fleet(fleet=fleet)
    refused(robomaker.describe_fleet, "ResourceNotFoundException", fleet=fleet)
    robomaker.delete_fleet(fleet=fleet)
    assert "fleetArn" not in robomaker.describe_robot(robot=robots[2])
    for robot in robots:
        robomaker.delete_robot(robot=robot)
    refused(robomaker.describe_robot, "ResourceNotFoundException", robot=robots[0])
    robomaker.delete_robot_application(application=narrow)
    robomaker.delete_robot_application(application=own, applicationVersion="1")
    refused(
        robomaker.describe_robot_application, "ResourceNotFoundException", application=own, applicationVersion="1"
    )
    assert robomaker.describe_robot_application(application=own)["version"] == "$LATEST"
    return watcher


def pages(server):
    """Every page size gives the same list."""
    robomaker, watcher = client(server)
    (fleet,) = robomaker.list_fleets()["fleetDetails"]
    (app,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    for number in range(7):
        robomaker.create_fleet(name=f"extra-{number}")
        application(robomaker, f"app-{number}")
    for number in range(5):
        request = dict(fleet=fleet["arn"], clientRequestToken=f"t{number}")
        job = robomaker.create_deployment_job(**request, deploymentApplicationConfigs=config(app["arn"]))
        if number < 3:
            server.step("30m")
        elif number == 3:
            robomaker.cancel_deployment_job(job=job["arn"])
            server.step("1s")
    for operation, key in [
        ("list_fleets", "fleetDetails"),
        ("list_robots", "robots"),
        ("list_robot_applications", "robotApplicationSummaries"),
        ("list_deployment_jobs", "deploymentJobs"),
    ]:
        paginator = robomaker.get_paginator(operation)
        whole = [item["arn"] for page in paginator.paginate() for item in page[key]]
        assert len(whole) == len(set(whole)) >= 4, (operation, whole)
        for size in [1, 2, 3, len(whole), 100]:
            sizes, found = [], []
            for page in paginator.paginate(PaginationConfig={"PageSize": size}):
                sizes.append(len(page[key]))
                found += [item["arn"] for item in page[key]]
            assert found == whole and max(sizes) <= size, (operation, size, sizes)
        refused(getattr(robomaker, operation), "InvalidParameterException", nextToken="nonsense")

    def jobs(**filter):
        found = robomaker.list_deployment_jobs(filters=[filter])["deploymentJobs"]
        return [job["status"] for job in found]

    assert jobs(name="status", values=["Succeeded"]) == ["Succeeded"] * 3
    assert jobs(name="status", values=["Canceled"]) == ["Canceled"]
    assert len(jobs(name="fleetName", values=["depot"])) == 5
    assert jobs(name="fleetName", values=["extra-0"]) == []
    names = robomaker.list_fleets(filters=[{"name": "name", "values": ["extra-3"]}])["fleetDetails"]
    assert [fleet["name"] for fleet in names] == ["extra-3"], names
    return watcher


def times(server):
    """Timestamps are seconds since 1970 on the wire, and move with virtual time."""
    robomaker, watcher = client(server)
    before = robomaker.create_fleet(name="before")["createdAt"].timestamp()
    server.step("7d")
    after = robomaker.create_fleet(name="after")["createdAt"].timestamp()
    assert abs(after - before - 7 * 86400) < 1, (before, after)
    assert abs(before - time.time()) < 120, before
    return watcher


if __name__ == "__main__":
    seen, members = {}, {}
    for part in [whole_life, pages, times]:
        with serving() as server:
            watcher = part(server)
        for operation, found in watcher.seen.items():
            seen.setdefault(operation, set()).update(found)
            members[operation] = watcher.members[operation]
        print(f"passed: {part.__name__}")
    assert len(seen) == OPERATIONS, sorted(seen)
    never = {name: missing for name in seen if (missing := members[name] - seen[name] - ABSENT.get(name, set()))}
    assert not never, f"members that no response had: {never}"
    print(f"{len(seen)} operations answered with every member that they have, and no other")
