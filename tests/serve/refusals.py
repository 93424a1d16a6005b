"""Every error that the operations have, as a client meets it."""

import datetime
import urllib.error

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from botocore.exceptions import ClientError, ConnectionClosedError
from clients import client, refused
from life_cycle import application, config
from server import serving

NOWHERE = "arn:aws:robomaker:us-west-2:111111111111:{}/none/1600000000000"


def parameters(server):
    """What the model forbids is refused with InvalidParameterException, all of it at once."""
    robomaker, watcher = client(server, parameter_validation=False)
    (fleet,) = robomaker.list_fleets()["fleetDetails"]
    (app,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    fleet, app = fleet["arn"], app["arn"]
    invalid = "InvalidParameterException"
    refused(robomaker.sync_deployment_job, invalid, "clientRequestToken", "fleet", "2 validation errors", clientRequestToken="")
    refused(robomaker.sync_deployment_job, invalid, "clientRequestToken", fleet=fleet, clientRequestToken="")
    refused(robomaker.sync_deployment_job, invalid, "clientRequestToken", fleet=fleet, clientRequestToken="x" * 65)
    refused(robomaker.sync_deployment_job, invalid, "clientRequestToken", fleet=fleet, clientRequestToken="a b")
    refused(robomaker.sync_deployment_job, invalid, "fleet", fleet="depot", clientRequestToken="t")
    refused(robomaker.sync_deployment_job, invalid, "fleet", fleet="arn:" + "x" * 1300, clientRequestToken="t")
    good = dict(fleet=fleet, clientRequestToken="t", deploymentApplicationConfigs=config(app))

    def broken(*words, **changes):
        refused(robomaker.create_deployment_job, invalid, *words, **{**good, **changes})

    for percentage in [0, 101, -1, 2**31]:
        broken("concurrentDeploymentPercentage", deploymentConfig={"concurrentDeploymentPercentage": percentage})
        broken("failureThresholdPercentage", deploymentConfig={"failureThresholdPercentage": percentage})
    for timeout in [59, 604_801]:
        broken("robotDeploymentTimeout", deploymentConfig={"robotDeploymentTimeoutInSeconds": timeout})
    broken("deploymentApplicationConfigs", deploymentApplicationConfigs=[])
    broken("deploymentApplicationConfigs", deploymentApplicationConfigs=config(app) * 2)
    broken("applicationVersion", deploymentApplicationConfigs=config(app, "one"))
    broken("tags", tags={"": "empty"})
    broken("tags", tags={f"tag-{number}": "" for number in range(51)})
    for name in ["", "x" * 256, "a b", "ü"]:
        refused(robomaker.create_fleet, invalid, "name", name=name)
    refused(robomaker.create_robot, invalid, "architecture", name="r", architecture="MIPS", greengrassGroupId="g")
    refused(robomaker.create_robot, invalid, "greengrassGroupId", name="r", architecture="ARM64")
    for size in [0, 201]:
        refused(robomaker.list_robots, invalid, "maxResults", maxResults=size)
    for arguments in [{"filters": []}, {"filters": [{"name": "colour", "values": ["red"]}]}]:
        refused(robomaker.list_robots, invalid, **arguments)
    # A value of another type is not read at all.
    for body in ['{"fleet": 7, "clientRequestToken": "t"}', '{"fleet": "arn:x", "clientRequestToken": ["t"]}', "[1]", "{"]:
        status, headers, answer = server.post("/syncDeploymentJob", body.encode())
        assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException"), (body, answer)
    status, headers, _ = server.post("/syncEverything", {})
    assert (status, headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    return watcher


def resources(server):
    """What is not there, and what is there already."""
    robomaker, watcher = client(server)
    (fleet,) = robomaker.list_fleets()["fleetDetails"]
    (app,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    fleet, app = fleet["arn"], app["arn"]
    robot = robomaker.list_robots()["robots"][0]["arn"]
    absent = "ResourceNotFoundException"
    for arn, call, name in [
        (NOWHERE.format("deployment-fleet"), robomaker.describe_fleet, "fleet"),
        (NOWHERE.format("robot"), robomaker.describe_robot, "robot"),
        (NOWHERE.format("robot-application"), robomaker.describe_robot_application, "application"),
        (NOWHERE.format("deployment-job"), robomaker.describe_deployment_job, "job"),
        (NOWHERE.format("deployment-job"), robomaker.cancel_deployment_job, "job"),
        (NOWHERE.format("robot"), robomaker.list_tags_for_resource, "resourceArn"),
    ]:
        refused(call, absent, **{name: arn})
    refused(robomaker.tag_resource, absent, resourceArn=NOWHERE.format("robot"), tags={})
    refused(robomaker.untag_resource, absent, resourceArn=NOWHERE.format("robot"), tagKeys=["a"])
    refused(robomaker.register_robot, absent, fleet=NOWHERE.format("deployment-fleet"), robot=robot)
    refused(robomaker.register_robot, absent, fleet=fleet, robot=NOWHERE.format("robot"))
    refused(robomaker.deregister_robot, absent, fleet=fleet, robot=NOWHERE.format("robot"))
    refused(robomaker.describe_robot_application, absent, application=app, applicationVersion="9")
    refused(robomaker.describe_robot_application, absent, application=app, applicationVersion="01")
    unknown = dict(clientRequestToken="u", deploymentApplicationConfigs=config(NOWHERE.format("robot-application")))
    refused(robomaker.create_deployment_job, absent, fleet=fleet, **unknown)
    there = "ResourceAlreadyExistsException"
    refused(robomaker.create_robot, there, name="amr-1", architecture="X86_64", greengrassGroupId="g")
    suite = {"name": "ROS2", "version": "Foxy"}
    sources = [{"s3Bucket": "builds", "s3Key": "depot.tar", "architecture": "ARM64"}]
    name = robomaker.describe_robot_application(application=app)["name"]
    refused(robomaker.create_robot_application, there, name=name, robotSoftwareSuite=suite, sources=sources)
    # CreateFleet has no such error in the model.
    refused(robomaker.create_fleet, "InvalidParameterException", name="depot")
    # After 90 days a deployment is forgotten, and a sync job has nothing to go by.
    request = dict(fleet=fleet, clientRequestToken="old", deploymentApplicationConfigs=config(app))
    job = robomaker.create_deployment_job(**request)["arn"]
    server.step("89d")
    assert robomaker.sync_deployment_job(fleet=fleet, clientRequestToken="in-time")["status"] == "Succeeded"
    robomaker.describe_deployment_job(job=job)
    server.step("2d")
    refused(robomaker.describe_deployment_job, absent, job=job)
    server.step("90d")
    refused(robomaker.sync_deployment_job, absent, fleet=fleet, clientRequestToken="late")
    return watcher


def order(server):
    """Parameters, token, resources, active job, limits: what comes first is what is said."""
    robomaker, watcher = client(server)
    (fleet,) = robomaker.list_fleets()["fleetDetails"]
    (app,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    fleet, app = fleet["arn"], app["arn"]
    made = robomaker.create_deployment_job(
        fleet=fleet, clientRequestToken="used", deploymentApplicationConfigs=config(app)
    )
    nowhere = NOWHERE.format("deployment-fleet")
    mismatch, busy = "IdempotentParameterMismatchException", "ConcurrentDeploymentException"
    # The token before the fleet that is not there, and before the job that is active.
    refused(robomaker.sync_deployment_job, mismatch, fleet=nowhere, clientRequestToken="used")
    refused(robomaker.sync_deployment_job, mismatch, fleet=fleet, clientRequestToken="used")
    refused(robomaker.sync_deployment_job, "ResourceNotFoundException", fleet=nowhere, clientRequestToken="new")
    # The active job before the limit, of which there is one.
    refused(robomaker.sync_deployment_job, busy, fleet=fleet, clientRequestToken="new")
    other = robomaker.create_fleet(name="other")["arn"]
    limit = dict(fleet=other, clientRequestToken="more", deploymentApplicationConfigs=config(app))
    robot = robomaker.create_robot(name="one-more", architecture="ARM64", greengrassGroupId="g")["arn"]
    robomaker.register_robot(fleet=other, robot=robot)
    refused(robomaker.create_deployment_job, "LimitExceededException", **limit)
    # A refused call has not used its token up.
    server.step("1h")
    assert robomaker.describe_deployment_job(job=made["arn"])["status"] == "Succeeded"
    assert robomaker.create_deployment_job(**limit)["status"] == "Pending"
    return watcher


def faults(server):
    """What the scenario's [api] injects; a program that tries again with its token makes one job."""
    robomaker, watcher = client(server)
    (fleet,) = robomaker.list_fleets()["fleetDetails"]
    (app,) = robomaker.list_robot_applications()["robotApplicationSummaries"]
    codes = {}
    jobs = set()
    for number in range(40):
        request = dict(fleet=fleet["arn"], clientRequestToken=f"f{number}")
        while True:
            try:
                if number == 0:
                    job = robomaker.create_deployment_job(**request, deploymentApplicationConfigs=config(app["arn"]))
                else:
                    job = robomaker.sync_deployment_job(**request)
                jobs.add(job["arn"])
                break
            except (ClientError, ConnectionClosedError) as error:
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "the answer is lost"
                codes[code] = codes.get(code, 0) + 1
                assert sum(codes.values()) < 2000, codes
        server.step("10m")
    assert len(jobs) == 40, jobs
    assert codes.keys() == {"ThrottlingException", "InternalServerException", "the answer is lost"}, codes
    return watcher


def rates(server):
    """Ten calls a second, and no more."""
    robomaker, watcher = client(server)
    for _ in range(1000):
        try:
            robomaker.list_fleets()
        except robomaker.exceptions.ThrottlingException:
            return watcher
    raise AssertionError("a thousand calls were answered")


def signatures(server):
    """Only calls that are signed with the key are answered."""
    robomaker, watcher = client(server)
    fleet = robomaker.list_fleets()["fleetDetails"][0]["arn"]
    robomaker.tag_resource(resourceArn=fleet, tags={"a b": "c/d"})
    assert robomaker.list_tags_for_resource(resourceArn=fleet)["tags"] == {"a b": "c/d"}
    robomaker.untag_resource(resourceArn=fleet, tagKeys=["a b"])

    def denied(body, headers, code):
        status, found, answer = server.post("/listFleets", body, headers)
        assert (status, found["x-amzn-ErrorType"]) == (403, code), (code, status, answer)

    denied({}, {}, "MissingAuthenticationTokenException")
    for path in ["/", "/metrics", "/_rollcast/state", "/_rollcast/events", "/_rollcast/clock"]:
        try:
            server.get(path)
            raise AssertionError(f"{path} is shown to anybody")
        except urllib.error.HTTPError as error:
            assert error.code == 401, (path, error)
    for key, secret, code in [
        ("AKIDEXAMPLE", "wrong", "InvalidSignatureException"),
        ("AKIDOTHER", "secret", "UnrecognizedClientException"),
    ]:
        refused(client(server, key, secret)[0].list_fleets, code)

    def now():
        return datetime.datetime.now(datetime.timezone.utc)

    def signed(body, at, service="robomaker", region="us-west-2"):
        request = botocore.awsrequest.AWSRequest("POST", server.url + "/listFleets", data=body)
        credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "secret")
        real = botocore.auth.datetime.datetime

        class Then(real):
            @classmethod
            def utcnow(cls):
                return at.replace(tzinfo=None)

            @classmethod
            def now(cls, zone=None):
                return at.astimezone(zone) if zone else at.replace(tzinfo=None)

        botocore.auth.datetime.datetime = Then
        try:
            botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
        finally:
            botocore.auth.datetime.datetime = real
        return dict(request.headers.items())

    at = now()
    for region, service in [("eu-west-1", "robomaker"), ("us-west-2", "s3")]:
        denied(b"{}", signed(b"{}", at, service, region), "InvalidSignatureException")
    assert server.post("/listFleets", b"{}", signed(b"{}", at))[0] == 200
    denied(b'{"maxResults": 1}', signed(b"{}", at), "InvalidSignatureException")
    denied(b"{}", signed(b"{}", at - datetime.timedelta(hours=1)), "InvalidSignatureException")
    return watcher


API = """
[api]
throttle = 0.2
internal_error = 0.2
lost_answer = 0.2
"""

if __name__ == "__main__":
    errors = {}
    for part, options in [
        (parameters, {}),
        (resources, {}),
        (order, {"options": ["--max-active-jobs", "1"]}),
        (faults, {"tables": API}),
        (rates, {"options": ["--rate-limit", "10"]}),
        (signatures, {"options": ["--access-key", "AKIDEXAMPLE:secret"]}),
    ]:
        with serving(*options.pop("options", []), **options) as server:
            watcher = part(server)
        for operation, found in watcher.errors.items():
            errors.setdefault(operation, set()).update(found)
        print(f"passed: {part.__name__}")
    print(f"{sum(len(found) for found in errors.values())} errors of {len(errors)} operations, all of them in the model")
