"""The JSON API: what it says, and that it keeps to its description whatever it is asked."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from serving import BASE, KPI, Client, client_of

INDICATOR = "/api/indicators/012068/p7q2"


def test_an_indicator(client: Client) -> None:
    found = client.get(INDICATOR).json()
    assert found["iri"] == f"{BASE}id/lg/012068/kpi-p7q2"
    assert found["page"] == KPI
    assert found["labels"] == {"ja": "釧路港年間水揚量"}
    assert found["municipality"] == "012068"
    assert [d["labels"]["ja"] for d in found["departments"]] == ["水産課"]
    assert found["latest_actual"]["number"] == "114977"
    assert found["latest_actual"]["printed"] == {"value": "114,977", "unit": "トン", "period": "H27年"}
    assert (found["latest_actual"]["first_day"], found["latest_actual"]["last_day"]) == ("2015-01-01", "2015-12-31")
    assert found["judgement"]["status"] == "inprogress"
    assert found["judgement"]["progress_ratio"].startswith("-1.2616")
    assert [v["role"] for v in found["values"]] == ["baseline", "actual", "target"]
    assert [t["labels"]["ja"] for t in found["places"][0]["way"]][-1] == "水産業の振興"
    relative = client.get("/api/indicators/012068/f3xk").json()["target"]
    assert (relative["form"], relative["number"], relative["computed"]) == ("relative", "1216060", True)


def test_lists_can_be_narrowed_and_leafed_through(client: Client) -> None:
    everything = client.get("/api/indicators").json()
    assert everything["total"] == len(everything["items"])
    keys = [i["iri"] for i in everything["items"]]
    part = client.get("/api/indicators?limit=1&offset=1").json()
    assert [i["iri"] for i in part["items"]] == keys[1:2]
    assert part["total"] == everything["total"]
    one = client.get("/api/indicators?status=inprogress&department=lg/012068/dept-s1&goal=lg/012068/goal-g1").json()
    assert [i["page"] for i in one["items"]] == [KPI]
    assert client.get("/api/indicators?municipality=011002").json() == {"total": 0, "items": []}


def test_municipalities_and_plans(client: Client) -> None:
    (one,) = client.get("/api/municipalities").json()
    assert one == client.get("/api/municipalities/012068").json()
    assert one["labels"] == {"en": "Kushiro City", "ja": "釧路市"}
    assert sum(one["by_status"].values()) == one["indicators"] > 2
    plan = client.get("/api/municipalities/012068/plan").json()
    assert plan["goals"][0]["elements"][0]["elements"][0]["indicators"][0]["page"] == KPI


def test_answers_can_be_kept_packed_and_read_from_elsewhere(client: Client) -> None:
    response = client.raw(INDICATOR, {"Accept-Encoding": "br"})
    assert response.headers["content-encoding"] == "br"
    assert response.headers["access-control-allow-origin"] == "*"
    assert (
        client.get(INDICATOR, headers={"If-None-Match": response.headers["etag"], "Accept-Encoding": "br"}).status_code
        == 304
    )
    head = client.request("HEAD", INDICATOR)
    assert (head.status_code, head.content) == (200, b"")
    assert client.request("OPTIONS", INDICATOR).status_code == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/search", 422),
        ("/api/search?q=", 422),
        ("/api/search?q=a&limit=101", 422),
        ("/api/search?q=a&kind=dragon", 422),
        ("/api/indicators?municipality=12068", 422),
        ("/api/indicators/12068/p7q2", 422),
        ("/api/indicators/012068/none", 404),
        ("/api/municipalities/999999", 404),
        ("/api/nothing", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem_with_a_reason(client: Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"]
    assert response.headers["access-control-allow-origin"] == "*"


def test_the_description_is_openapi_3_1(client: Client) -> None:
    assert client.get("/api").headers["location"] == "/openapi.json"
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert {"/api/search", "/api/indicators/{code}/{key}"} <= set(described["paths"])
    assert "application/problem+json" in json.dumps(described["paths"]["/api/search"]["get"]["responses"]["422"])


def test_the_api_keeps_to_its_description(client: Client) -> None:
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    asked = 0
    for operation in schema.get_all_operations():
        if operation.ok().path == "/reconcile":  # its parameters are JSON in a text: tests/test_reconcile.py
            continue
        case_of = operation.ok().as_strategy()

        @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case_of)
        def keeps(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            how = case.as_transport_kwargs(base_url="http://any.example")
            response = client.request(how["method"], how["url"], params=how.get("params"), headers=how.get("headers"))
            assert response.status_code < 500 or response.status_code == 503, response.text
            case.validate_response(response)

        keeps()
    assert asked > 20


def test_without_a_publication_the_api_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = client_of(tmp_path_factory.mktemp("empty"))
    try:
        response = empty.get("/api/municipalities")
        assert (response.status_code, response.headers["retry-after"]) == (503, "10")
        assert "not there yet" in response.text
    finally:
        empty.close()
