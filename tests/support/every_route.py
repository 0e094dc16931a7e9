"""Every route of a running application, and a request of each."""

from tests.support.signed_on import ORIGIN

EXAMPLE = {
    "path": "compare",
    "filename": "clientside.js",
    "package_name": "dash",
    "fingerprinted_path": "dcc/dash_core_components.js",
    "kind": "csv",
    "what": "panel",
}
"""A word for each part of a path."""


def asked(client, rule, endpoint, method):
    """The status of a request of a route; none of them means anything."""
    with client.application.test_request_context():
        values = {each: EXAMPLE[each] for each in rule.arguments}
        adapter = client.application.url_map.bind("localhost")
        path = adapter.build(endpoint, values, method=method)
    return client.open(path, method=method, headers=ORIGIN)


def routes(server):
    return [
        (rule, rule.endpoint, "POST" if "POST" in rule.methods else "GET") for rule in server.url_map.iter_rules()
    ]
