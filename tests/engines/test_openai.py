"""Engine `openai:` against the small server: several completions at once, faults, and what is said of them."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from llemma.engines.base import Engine, Generation, Request, Sampling
from llemma.engines.openai import OpenAIEngine
from llemma.engines.openai_api import Choice, read_answer
from llemma.engines.servers import Patience
from llemma.engines.spec import open_engine
from llemma.errors import UserError
from tests.engines.small_server import Reply, SmallServer, choices, closed_url, models, seeded, serving

DRAWN = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=50, seed=3)
GREEDY = Sampling(max_new_tokens=50)
Serve = Callable[..., SmallServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a small server; all end with the test."""
    with ExitStack() as stack:
        yield lambda answer=seeded, listed=None: stack.enter_context(serving(answer, listed))


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLEMMA_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def opened(*servers: SmallServer | str, options: str = "", model: str = "m", tries: int = 3) -> Engine:
    """Return the engine for these servers, with shorter waits than it has for real ones."""
    urls = ",".join(server if isinstance(server, str) else server.url for server in servers)
    engine = open_engine(f"openai:{urls}#{model}" + (f"?{options}" if options else ""))
    assert isinstance(engine, OpenAIEngine)
    engine._patience = dataclasses.replace(engine._patience, tries=tries, first_wait_s=0.02, longest_wait_s=0.1)
    return engine


def texts(engine: Engine, requests: Sequence[Request], sampling: Sampling = DRAWN) -> dict[tuple[str, int], str]:
    return {(made.request_id, made.sample): made.text for made in engine.generate(requests, sampling)}


def until_error(made: Iterator[Generation]) -> tuple[list[str], str]:
    """Return the requests that were answered, and the error that came behind them."""
    answered: list[Generation] = []
    with pytest.raises(UserError) as caught:
        answered.extend(made)
    assert "\n" not in str(caught.value)
    return [generation.request_id for generation in answered], str(caught.value)


def numbered(count: int) -> list[Request]:
    return [Request(f"p/{number}", f"prompt {number}") for number in range(count)]


def first_fails(*replies: Reply) -> Callable[[dict[str, Any]], Reply]:
    """Return an answer that gives these replies first, then good ones."""
    left = list(replies)
    lock = threading.Lock()

    def answer(asked: dict[str, Any]) -> Reply:
        with lock:
            return left.pop(0) if left else seeded(asked)

    return answer


# --- what is sent ---


def test_a_request_says_what_to_do_and_nothing_that_servers_refuse(serve: Serve) -> None:
    server = serve()
    texts(opened(server), [Request("p", "Q: x² \ud83d?")], dataclasses.replace(DRAWN, stop=("\n\n", "Q:")))
    (asked,) = server.asked
    assert isinstance(asked.pop("seed"), int)
    assert asked == {
        "model": "m",
        "prompt": "Q: x² \ufffd?",  # half a surrogate pair cannot be sent
        "max_tokens": 50,
        "temperature": 0.7,
        "top_p": 0.9,
        "stop": ["\n\n", "Q:"],
    }
    assert server.paths == ["/v1/completions"]


def test_every_sample_has_a_seed_of_its_own_that_depends_on_nothing_else(serve: Serve) -> None:
    server = serve()
    whole = texts(opened(server), [Request("a", "x", (0, 1, 2)), Request("b", "x", (0, 1))])
    assert len(set(whole.values())) == 5
    assert texts(opened(server), [Request("b", "x", (1,)), Request("a", "x", (2,))]) == {
        ("b", 1): whole["b", 1],
        ("a", 2): whole["a", 2],
    }


def test_greedy_samples_of_a_prompt_are_one_request_without_a_seed(serve: Serve) -> None:
    server = serve()
    found = texts(opened(server, options="n=4"), [Request("a", "x", (0, 1, 5))], GREEDY)
    assert found == dict.fromkeys([("a", 0), ("a", 1), ("a", 5)], "x/0")
    assert len(server.asked) == 1
    assert server.asked[0].keys().isdisjoint({"seed", "n"})


def test_the_chat_form_sends_the_prompt_as_the_only_message_and_says_so(serve: Serve) -> None:
    reply = Reply(body={"choices": [{"message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}]})
    server = serve(lambda _: reply)
    engine = opened(server, options="api=chat")
    assert texts(engine, [Request("a", "2 + 2?")], GREEDY) == {("a", 0): "4"}
    assert server.asked[0]["messages"] == [{"role": "user", "content": "2 + 2?"}]
    assert "prompt" not in server.asked[0]
    assert server.paths == ["/v1/chat/completions"]
    assert engine.identity()["api"] == "chat"


def test_vllm_is_told_to_cut_long_prompts_from_the_left_and_to_sample_as_asked(serve: Serve) -> None:
    server = serve(listed=models("m", owned_by="vllm", root="/models/m", max_model_len=100))
    engine = opened(server)
    texts(engine, [Request("a", "x")], GREEDY)
    sent = server.asked[0]
    assert (sent["truncate_prompt_tokens"], sent["truncation_side"]) == (50, "left")
    assert (sent["top_k"], sent["min_p"], sent["repetition_penalty"]) == (-1, 0.0, 1.0)
    with pytest.raises(UserError, match=r"max_new_tokens is 100, and m has a context of 100\. Choose another"):
        engine.generate([Request("a", "x")], Sampling(max_new_tokens=100))


# --- several completions in one answer ---


def test_n_completions_come_in_one_answer_and_a_resumed_run_gets_the_same(serve: Serve) -> None:
    server = serve()
    engine = opened(server, options="n=4")
    whole = texts(engine, [Request("a", "x", tuple(range(10)))])
    assert len(server.asked) == 3
    assert len(set(whole.values())) == 10
    assert texts(engine, [Request("a", "x", (9, 2, 5))]) == {key: whole[key] for key in [("a", 9), ("a", 2), ("a", 5)]}
    assert engine.identity()["n"] == 4


@pytest.mark.parametrize("given", [1, 3])
def test_a_server_that_gives_fewer_completions_is_asked_for_the_rest(serve: Serve, given: int) -> None:
    server = serve(lambda asked: seeded(asked, min(given, asked.get("n", 1))))
    found = texts(opened(server, options="n=4"), [Request("a", "x", tuple(range(8)))])
    assert found.keys() == {("a", sample) for sample in range(8)}
    assert len(set(found.values())) == 8
    assert len(server.asked) == 2 + 2 * (4 - given)
    assert len({asked["seed"] for asked in server.asked}) == len(server.asked)


def test_more_completions_than_asked_for_are_left_out(serve: Serve) -> None:
    server = serve(lambda asked: seeded(asked, 5))
    assert len(texts(opened(server, options="n=2"), [Request("a", "x", (0, 1))])) == 2


@pytest.mark.parametrize(
    ("usage", "logprobs", "expected"),
    [
        ({"completion_tokens": 12}, [[-0.1] * 4, [-0.2] * 8], [4, 8]),
        ({"completion_tokens": 12}, [None, None], [4, 8]),  # texts of 3 and 7 characters, and an end each
        (None, [None, None], [0, 0]),
    ],
)
def test_the_tokens_of_an_answer_are_counted_by_choice(usage: Any, logprobs: Any, expected: list[int]) -> None:
    rows = [
        {"index": index, "text": text, "logprobs": values and {"token_logprobs": values}}
        for index, (text, values) in enumerate(zip(["abc", "abcdefg"], logprobs, strict=True))
    ]
    assert read_answer({"choices": rows[::-1], "usage": usage}).token_counts() == expected


def test_log_probabilities_are_read_in_both_forms() -> None:
    completion = Choice.model_validate({"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [-0.5]}})
    chat = Choice.model_validate(
        {"message": {"content": "a"}, "logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}
    )
    assert completion.token_logprobs == chat.token_logprobs == (-0.5,)
    assert Choice.model_validate({"text": "a"}).token_logprobs is None


def test_log_probabilities_are_asked_for_when_wanted_and_summed(serve: Serve) -> None:
    server = serve(lambda _: choices("abc", logprobs={"token_logprobs": [-0.5, -1.5]}))
    (made,) = opened(server, options="logprobs=true").generate([Request("a", "x")], DRAWN)
    assert server.asked[0]["logprobs"] == 1
    assert made.logprob == -2.0
    (plain,) = opened(serve()).generate([Request("a", "x")], DRAWN)
    assert plain.logprob is None


# --- where a completion ends ---


def test_all_stop_strings_hold_though_servers_take_only_four(serve: Serve) -> None:
    server = serve(lambda _: choices("one two three END four five", finish_reason="length"))
    stop = ("v", "w!", "x", "y", "END", "four")
    (made,) = opened(server).generate([Request("a", "p")], dataclasses.replace(GREEDY, stop=stop))
    assert (made.text, made.finish) == ("one two three ", "stop")
    assert server.asked[0]["stop"] == ["v", "w!", "x", "y"]


def test_a_stop_string_that_the_server_leaves_in_the_text_is_cut(serve: Serve) -> None:
    server = serve(lambda _: choices("4 apples\n\nQ: more"))
    (made,) = opened(server).generate([Request("a", "p")], dataclasses.replace(GREEDY, stop=("\n\n",)))
    assert (made.text, made.finish) == ("4 apples", "stop")


@pytest.mark.parametrize(
    ("said", "has_stop", "expected"),
    [
        ({"finish_reason": "length"}, True, "length"),
        ({"finish_reason": "stop", "stop_reason": "\n\n"}, True, "stop"),
        ({"finish_reason": "stop", "stop_reason": None}, True, "end"),  # vLLM: the end-of-text token
        ({"finish_reason": "stop", "stop_reason": 128009}, True, "end"),  # vLLM: another token that ends
        ({"finish_reason": "stop", "matched_stop": "\n\n"}, True, "stop"),
        ({"finish_reason": "stop", "matched_stop": 2}, True, "end"),
        ({"finish_reason": "eos_token"}, True, "end"),
        ({"finish_reason": "stop_sequence"}, True, "stop"),
        ({"finish_reason": "stop"}, True, "stop"),  # cannot be told: see Choice.finish
        ({"finish_reason": "stop"}, False, "end"),
        ({}, True, "end"),
    ],
)
def test_the_reason_to_end_is_what_the_server_tells(said: dict[str, Any], has_stop: bool, expected: str) -> None:
    assert Choice.model_validate({"text": "x", **said}).finish(has_stop=has_stop) == expected


# --- faults that pass ---


@pytest.mark.parametrize(
    "fault",
    [
        Reply(503, {"error": {"message": "starting"}}),
        Reply(500, b"oops"),
        Reply(502, b"<html>bad gateway</html>", {"content-type": "text/html"}),
        Reply(200, b'{"choices": [{"text": "half an answ', {}, is_broken=True),
        Reply(200, b'{"choices": [{"te'),
        Reply(200, {"choices": []}),
        Reply(200, {"error": "out of memory"}),
        Reply(429, {"error": {"message": "slow down"}}),
    ],
)
def test_after_a_passing_fault_the_request_is_sent_again(serve: Serve, fault: Reply) -> None:
    server = serve(first_fails(fault, fault))
    assert texts(opened(server), [Request("a", "x")], GREEDY) == {("a", 0): "x/0"}
    assert len(server.asked) == 3


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(serve: Serve) -> None:
    server = serve(first_fails(Reply(429, {}, {"retry-after": "0.5"})))
    assert len(texts(opened(server), numbered(3), GREEDY)) == 3
    assert server.times[-1] - server.times[0] >= 0.5


def test_a_server_that_wants_to_be_left_alone_for_hours_is_not_waited_for(serve: Serve) -> None:
    server = serve(lambda _: Reply(429, {"error": {"message": "daily limit"}}, {"retry-after": "7200"}))
    with pytest.raises(UserError, match=r"429 Too Many Requests: daily limit"):
        texts(opened(server), numbered(5))


def test_waits_grow_and_have_a_limit() -> None:
    patience = Patience(concurrency=1, tries=10, timeout_s=1.0)
    assert [patience.wait_s(failures) for failures in (1, 2, 3, 8, 20)] == [0.5, 1.0, 2.0, 60.0, 60.0]


def test_what_fails_for_good_is_said_with_the_servers_words(serve: Serve) -> None:
    server = serve(lambda _: Reply(503, {"error": {"message": "no workers\nleft"}}))
    with pytest.raises(UserError) as caught:
        texts(opened(server), numbered(50), GREEDY)
    assert str(caught.value).startswith(
        f"{server.url}: 503 Service Unavailable: no workers left; gave up after 3 tries. See the server's log"
    )
    assert len(server.asked) <= 32 + 3  # what was sent together, then one at a time


def test_a_server_that_goes_away_ends_the_run_after_what_was_finished(serve: Serve) -> None:
    server = serve(lambda asked: seeded(asked) if len(server.asked) <= 5 else Reply(503, {}))
    answered, error = until_error(opened(server, options="concurrency=1").generate(numbered(40), GREEDY))
    assert len(answered) == 5
    assert "503" in error


# --- refusals ---


def test_one_refused_request_loses_no_other(serve: Serve) -> None:
    message = "This model's maximum context length is 4096 tokens"
    server = serve(
        lambda asked: Reply(400, {"error": {"message": message}}) if "7" in asked["prompt"] else seeded(asked)
    )
    answered, error = until_error(opened(server, options="concurrency=2").generate(numbered(20), GREEDY))
    assert sorted(answered) == sorted({f"p/{number}" for number in range(20)} - {"p/7", "p/17"})
    assert error == (
        f"request 'p/7': {server.url}/completions: refuses the request (400 Bad Request: {message}) (and 1 more)"
    )


def test_a_request_on_which_the_server_always_fails_loses_no_other(serve: Serve) -> None:
    server = serve(lambda asked: Reply(500, b"") if asked["prompt"] == "prompt 2" else seeded(asked))
    answered, error = until_error(opened(server, options="concurrency=1", tries=10).generate(numbered(6), GREEDY))
    assert len(answered) == 5
    assert error.startswith(f"request 'p/2': {server.url}: 500 Internal Server Error; gave up after 4 tries")


def test_when_all_is_refused_the_rest_is_not_sent(serve: Serve) -> None:
    server = serve(lambda _: Reply(422, {"detail": [{"msg": "Unexpected field: seed"}]}))
    with pytest.raises(UserError, match=r"422 Unprocessable.*: Unexpected field: seed\) \(and 9 more\)"):
        texts(opened(server, options="concurrency=1"), numbered(100))
    assert len(server.asked) == 10


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_a_key_says_where_to_put_it(serve: Serve, status: int) -> None:
    server = serve(lambda _: Reply(status, {"error": {"message": "no key"}}))
    with pytest.raises(UserError, match=rf"{status} \w+: no key\. Put its key into the variable LLEMMA_API_KEY"):
        texts(opened(server, options="concurrency=1"), numbered(20))
    assert len(server.asked) == 1
    server.models = Reply(status, {})
    with pytest.raises(UserError, match="LLEMMA_API_KEY"):
        opened(server)


def test_the_key_is_sent_and_a_refused_one_is_named(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLEMMA_API_KEY", "k-1\n")
    server = serve(first_fails(Reply(401, {})))
    with pytest.raises(UserError, match="It refuses the key in LLEMMA_API_KEY"):
        texts(opened(server), [Request("a", "x")])
    assert server.keys == ["Bearer k-1", "Bearer k-1"]


def test_the_key_of_openai_is_for_openai_alone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    server = serve()
    texts(opened(server), [Request("a", "x")])
    assert set(server.keys) == {None}


def test_an_unknown_model_is_answered_with_those_that_there_are(serve: Serve) -> None:
    server = serve(lambda _: Reply(404, {"error": {"message": "no model x"}}), listed=models("llemma_7b", "llemma_34b"))
    with pytest.raises(UserError, match=r"404 Not Found: no model x\. It offers llemma_7b, llemma_34b$"):
        texts(opened(server, model="x", options="concurrency=1"), numbered(3))
    assert len(server.asked) == 1


def test_a_wrong_path_is_answered_with_the_usual_one(serve: Serve) -> None:
    server = serve(lambda _: Reply(404, {"detail": "Not Found"}), listed=Reply(404, {}))
    with pytest.raises(UserError, match=r"404 Not Found: Not Found\. Is the URL right\? It usually ends in /v1"):
        texts(opened(server), [Request("a", "x")])


def test_a_redirect_is_named(serve: Serve) -> None:
    server = serve(lambda _: Reply(308, {}, {"location": "https://elsewhere/v1"}))
    with pytest.raises(UserError, match=r"redirects to https://elsewhere/v1\. Name that URL"):
        texts(opened(server), [Request("a", "x")])


# --- several servers, many requests ---


def test_requests_go_to_the_least_busy_server_and_no_more_than_allowed_at_once(serve: Serve) -> None:
    def slow(asked: dict[str, Any]) -> Reply:
        return dataclasses.replace(seeded(asked), after_s=0.03)

    servers = [serve(slow), serve(slow)]
    assert len(texts(opened(*servers, options="concurrency=3"), numbered(24), GREEDY)) == 24
    assert [server.most_at_once for server in servers] == [3, 3]
    assert min(len(server.asked) for server in servers) >= 8


def test_a_server_that_is_down_from_the_start_ends_nothing(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    server, down = serve(), closed_url()
    engine = opened(down, server)
    assert len(texts(engine, numbered(30), GREEDY)) == 30
    notes = capsys.readouterr().err
    assert f"{down}: cannot connect" in notes
    assert "going on with the other servers" in notes


def test_a_server_that_goes_down_on_the_way_ends_nothing(serve: Serve) -> None:
    good = serve()
    bad = serve(lambda asked: seeded(asked) if len(bad.asked) <= 3 else Reply(503, {}))
    assert len(texts(opened(good, bad, options="concurrency=2"), numbered(60), GREEDY)) == 60


def test_without_any_server_opening_fails_in_one_line() -> None:
    with pytest.raises(UserError, match=r"cannot connect .*; .*cannot connect .*\. Start the server"):
        opened(closed_url(), closed_url())


def test_servers_with_different_models_under_one_name_are_refused(serve: Serve) -> None:
    servers = [serve(listed=models("m", root=root)) for root in ("/a", "/b")]
    with pytest.raises(UserError, match=r"serve different models as 'm': .*'/a'.* and .*'/b'"):
        opened(*servers)


def test_the_model_may_be_left_out_where_there_is_one(serve: Serve) -> None:
    assert opened(serve(listed=models("org/llemma_7b")), model="").name == "llemma_7b"
    with pytest.raises(UserError, match=r"which model\? It offers a, b\. Write openai:http.*#MODEL"):
        opened(serve(listed=models("a", "b")), model="")
    with pytest.raises(UserError, match=r"which model\? It does not say which it has"):
        opened(serve(listed=Reply(404, {})), model="")


def test_identity_knows_the_model_by_what_the_server_tells_else_by_the_url(serve: Serve) -> None:
    told = [opened(serve(listed=models("m", root="/a", created=created))).identity() for created in (1, 2)]
    bare = [opened(serve()).identity() for _ in range(2)]
    assert told[0] == told[1]
    assert len({identity["fingerprint"] for identity in [*told, *bare]}) == 3


def test_who_stops_listening_stops_the_requests(serve: Serve) -> None:
    server = serve(lambda asked: dataclasses.replace(seeded(asked), after_s=0.05))
    made = opened(server, options="concurrency=2").generate(numbered(100), GREEDY)
    next(made)
    made.close()  # type: ignore[attr-defined]
    sent = len(server.asked)
    time.sleep(0.15)
    assert len(server.asked) == sent < 10


def test_a_mistake_of_ours_is_not_lost_in_the_other_thread(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("llemma.engines.openai.cut", broken)
    with pytest.raises(ExceptionGroup) as caught:
        texts(opened(serve()), numbered(3), GREEDY)
    assert caught.group_contains(KeyError)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("localhost:8000#m", "'localhost:8000' is no URL of a server"),
        ("http://[::1#m", r"is no URL"),
        ("#m", "no URL"),
        ("http://me:secret@host/v1#m", "the URL of host holds a password"),
        ("http://host/v1#m?apo=chat", r"no option 'apo'\. Did you mean 'api'\? Known: api, concurrency, logprobs, n"),
        ("http://host/v1#m?n=0", "option n=0: input should be greater than or equal to 1"),
        ("http://host/v1#m?api=both", "option api=both: input should be 'completions' or 'chat'"),
    ],
)
def test_a_spec_that_cannot_be_read_says_what_is_wrong(target: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        open_engine(f"openai:{target}")
    assert "secret" not in str(caught.value)
