"""The checking server: what it answers, what it refuses, and that its queue is counted right."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.testclient import TestClient

from llemma.errors import RunFailedError, UserError
from llemma.evaluate.check_server import application, serve
from llemma.provers.base import Verdict
from llemma.records import Theorem
from tests.provers.fake import FakeProver

GOOD = {"statement": "a", "proof": "by\n  a>"}
BAD = {"name": "mine", "statement": "ab", "proof": "by\n  a>", "prelude": "open X"}
URL = "http://localhost"


class SlowProver(FakeProver):
    """Checks nothing before `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.is_closed = False

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        self.go.wait(20)
        return super().check(theorem, proof)

    def close(self) -> None:
        self.is_closed = True
        self.go.set()


class BrokenProver(FakeProver):
    def check(self, theorem: Theorem, _: str) -> Verdict:
        raise RunFailedError(f"Lean does not start for {theorem.name}")


@contextmanager
def _client(prover: FakeProver | None = None, **options: Any) -> Iterator[TestClient]:
    app = application(prover or FakeProver(), processes=2, **options)
    with TestClient(app, base_url=URL) as client:
        yield client


@pytest.fixture
def client() -> Iterator[TestClient]:
    with _client() as client:
        yield client


@contextmanager
def _running(prover: FakeProver, **options: Any) -> Iterator[str]:
    """Serve over a real socket and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = application(prover, processes=1, **options)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            _wait(lambda: server.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def _waiting(url: str) -> int:
    count: int = httpx2.get(f"{url}/health").json()["waiting"]
    return count


def test_one_theorem_is_answered_with_one_verdict(client: TestClient) -> None:
    answer = client.post("/check", json=GOOD)
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "theorem_1",
        "status": "proved",
        "reason": "",
        "line": None,
        "column": None,
        "axioms": [],
        "library": 0,
    }


def test_a_list_is_answered_with_a_list_in_order(client: TestClient) -> None:
    rows = client.post("/check", json=[BAD, GOOD]).json()
    assert [(row["name"], row["status"]) for row in rows] == [("mine", "rejected"), ("theorem_2", "proved")]
    assert len(client.post("/check", json=[GOOD]).json()) == 1


def test_health_tells_the_prover_and_the_queue(client: TestClient) -> None:
    assert client.get("/health").json() == {"prover": {"prover": "fake"}, "processes": 2, "waiting": 0, "queue": 256}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 5000, "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"3", "theorem 1: expected a JSON object, found int"),
        (b"[]", "the list is empty"),
        (b'[{"statement": "a", "proof": "b"}, {"statement": "a"}]', "theorem 2: no field 'proof'"),
        (b'{"statement": "a", "proof": 7}', "theorem 1: field 'proof' is no text: 7"),
    ],
)
def test_a_bad_body_is_told_what_is_wrong(client: TestClient, body: bytes, message: str) -> None:
    answer = client.post("/check", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_a_wrong_address_is_told_in_json(client: TestClient) -> None:
    assert (client.get("/").status_code, client.get("/").json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("claims_length", [True, False])
def test_a_body_over_the_limit_is_refused_whatever_it_claims(claims_length: bool) -> None:
    with _client(body_bytes=1000) as client:
        headers = {"content-type": "application/json"}
        body = b" " * 1001
        answer = client.post(
            "/check", content=body if claims_length else iter([body[:600], body[600:]]), headers=headers
        )
        assert (answer.status_code, answer.json()["error"]) == (413, "the body has more than 1,000 bytes")


def test_an_endless_body_is_refused_before_its_end() -> None:
    with _running(FakeProver(), body_bytes=1000) as url, socket.create_connection(("127.0.0.1", _port(url))) as peer:
        peer.sendall(
            b"POST /check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + b"100\r\n" + b" " * 256 + b"\r\n"
        )
        for _ in range(3):
            peer.sendall(b"100\r\n" + b" " * 256 + b"\r\n")
        assert peer.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_list_longer_than_the_queue_can_never_be_taken() -> None:
    with _client(queue=2) as client:
        assert client.post("/check", json=[GOOD] * 2).status_code == 200
        answer = client.post("/check", json=[GOOD] * 3)
        assert (answer.status_code, answer.json()["error"]) == (413, "the list has 3 theorems, more than 2")


def test_a_full_queue_says_when_to_come_again_and_is_empty_in_the_end() -> None:
    prover = SlowProver()
    with _running(prover, queue=3) as url:
        answers: list[httpx2.Response] = []
        ask = threading.Thread(target=lambda: answers.append(httpx2.post(f"{url}/check", json=[GOOD] * 2)))
        ask.start()
        _wait(lambda: _waiting(url) == 2)
        refused = httpx2.post(f"{url}/check", json=[GOOD] * 2)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json() == {"error": "2 theorems are waiting, and 2 more are above 3"}
        prover.go.set()
        ask.join()
        assert [row["status"] for row in answers[0].json()] == ["proved"] * 2
        _wait(lambda: _waiting(url) == 0)


def test_a_client_that_leaves_gives_its_places_free_but_for_what_runs() -> None:
    prover = SlowProver()
    with _running(prover) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{url}/check", json=[GOOD] * 5, timeout=0.5)
        _wait(lambda: _waiting(url) == 1)  # one process, which is at it
        prover.go.set()
        _wait(lambda: _waiting(url) == 0)
        assert len(prover.checked) == 1


def test_trouble_of_the_machine_is_told_and_leaves_the_queue_empty() -> None:
    with _client(BrokenProver()) as client:
        answer = client.post("/check", json=[GOOD] * 3)
        assert (answer.status_code, answer.json()) == (500, {"error": "Lean does not start for theorem_1"})
        _wait(lambda: client.get("/health").json()["waiting"] == 0)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_browser_sends_for_another_site_without_asking_is_refused(client: TestClient, kind: str) -> None:
    headers = {"content-type": kind, "origin": "https://example.org"}
    answer = client.post("/check", content=b'{"statement": "a", "proof": "by"}', headers=headers)
    assert answer.status_code == 415
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_browser_that_asks_for_another_site_is_not_allowed(client: TestClient) -> None:
    headers = {"origin": "https://example.org", "access-control-request-method": "POST"}
    answer = client.options("/check", headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("example.org", 403),
        ("example.org:8000", 403),
        ("localhost.example.org", 403),
        ("127.0.0.1@example.org", 403),
        ("", 403),
    ],
)
def test_only_this_machines_own_names_are_served_on_loopback(client: TestClient, host: str, status: int) -> None:
    assert client.post("/check", json=GOOD, headers={"host": host}).status_code == status
    assert client.get("/health", headers={"host": host}).status_code == status


def test_every_name_is_served_elsewhere() -> None:
    with _client(hosts=None) as client:
        assert client.get("/health", headers={"host": "example.org"}).status_code == 200


def test_the_end_closes_the_prover_and_answers_who_still_waits() -> None:
    prover, answers = SlowProver(), []
    with _running(prover) as url:
        ask = threading.Thread(target=lambda: answers.append(httpx2.post(f"{url}/check", json=GOOD)))
        ask.start()
        _wait(lambda: _waiting(url) == 1)
    ask.join()
    assert prover.is_closed
    assert (answers[0].status_code, answers[0].json()) == (503, {"error": "the server is closing"})


def test_a_port_that_is_taken_is_a_user_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UserError, match="Address already in use"):
        serve(FakeProver(), host="127.0.0.1", port=other.getsockname()[1], processes=1)


SERVE = """
from llemma.evaluate.check_server import serve
from tests.provers.fake import FakeProver

class Prover(FakeProver):
    def close(self):
        print("closed", flush=True)

serve(Prover(), host="{host}", port=0, processes=1)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_with_its_prover_closed(number: signal.Signals) -> None:
    command = [sys.executable, "-c", SERVE.format(host="127.0.0.1")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("serving http://127.0.0.1:")
        url = said.split()[1]
        _wait(lambda: _answers(url))
        process.send_signal(number)
        assert process.communicate(timeout=20)[0] == "closed\n"


def test_an_address_that_others_reach_is_warned_of() -> None:
    command = [sys.executable, "-c", SERVE.format(host="0.0.0.0")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("warning: 0.0.0.0 is not loopback")
        process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health").status_code == 200
    except httpx2.TransportError:
        return False


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
