"""botocore clients of a server, as a program has them."""

import botocore.config
import botocore.exceptions
import botocore.session
import model


def client(server, key="AKIDEXAMPLE", secret="secret", **config):
    session = botocore.session.Session()
    session.set_credentials(key, secret)
    made = session.create_client(
        "robomaker",
        region_name="us-west-2",
        endpoint_url=server.url,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
    )
    return made, model.Watcher(made)


def refused(call, code, *words, **arguments):
    """The call is refused with this error, whose message has these words."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, (code, arguments, found)
        for word in words:
            assert word in found["Message"], (word, found)
        return found["Message"]
    raise AssertionError(f"{arguments} is answered: {answer}; expected {code}")
