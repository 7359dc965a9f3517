"""Webhooks through the callables, the outbox, the queue and the sweep, to a receiver on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.api_core.exceptions import PermissionDenied
from standardwebhooks import Webhook

from tests.emulator.conftest import Inside, refusal, submit
from tests.emulator.test_batches import rows
from tools.client import Client

INNER = [
    "http://169.254.169.254/computeMetadata/v1/",
    "https://169.254.169.254/",
    "https://10.0.0.1/",
    "https://2852039166/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
]


class Receiver(ThreadingHTTPServer):
    """Answers each message as `answers` say, then with 204; keeps what came, with its body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.read: list[dict[str, Any]] = []
        self.secret = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = dict(self.headers.items())
        self.server.heard.append((headers, body))
        # As a receiver does: at once, since the signature is good for minutes only.
        self.server.read.append(Webhook(self.server.secret).verify(body, headers))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def register(user: Client, receiver: Receiver, **fields: Any) -> str:
    answer = user.call("createWebhook", {"url": receiver.url, **fields})
    receiver.secret = answer["secret"]
    webhook_id: str = answer["webhookId"]
    return webhook_id


def delivered(user: Client, inside: Inside, webhook_id: str) -> dict[str, Any]:
    """The webhook's one delivery, once it is final. It is there since its job or batch has ended."""
    (item,) = user.call("listDeliveries", {"webhookId": webhook_id})["items"]
    path = f"webhooks/{webhook_id}/deliveries/{item['deliveryId']}"
    return inside.wait_for(path, lambda found: found.get("status") != "pending")


def test_who_answers_500_twice_gets_one_id_three_times_and_each_is_signed(
    ann: Client, inside: Inside, receiver: Receiver
) -> None:
    webhook_id = register(ann, receiver)
    receiver.answers = [500, 500]
    job_id = submit(ann, "a lighthouse")["jobId"]
    inside.wait_until_settled(job_id)

    told = delivered(ann, inside, webhook_id)

    assert (told["status"], told["attempts"], told["response_status"]) == ("delivered", 3, 204)
    assert {headers["webhook-id"] for headers, _ in receiver.heard} == {told["id"]}
    assert len(receiver.read) == 3
    message = receiver.read[-1]
    assert (message["type"], message["data"]["fileUid"]) == ("job.completed", job_id)
    assert message["data"]["generationData"]["imageUrls"]
    inside.assert_promises_of(ann.uid)


def test_a_batch_is_told_of_once_and_after_a_deletion_nothing_is(
    pro: Client, inside: Inside, receiver: Receiver
) -> None:
    webhook_id = register(pro, receiver, events=["batch.completed"])
    batch_id = pro.call("submitBatch", {"name": "posters", "rows": rows(2)})["batchId"]
    inside.wait_for(f"batches/{batch_id}", lambda found: found["status"] == "completed")

    assert delivered(pro, inside, webhook_id)["path"] == f"batches/{batch_id}"
    assert [(each["type"], each["data"]["counts"]["completed"]) for each in receiver.read] == [
        ("batch.completed", 2)
    ]
    assert pro.call("deleteWebhook", {"webhookId": webhook_id}) == {"webhookId": webhook_id}
    assert inside.get(f"accounts/user_{pro.uid}")["webhooks"] == {}
    assert pro.call("listWebhooks", {})["items"] == []


def test_inner_networks_are_refused_beside_this_machine(ann: Client) -> None:
    for url in INNER:
        refused = refusal(ann, "createWebhook", {"url": url})
        assert refused.details["reason"] == "invalid-request"
        assert [error["field"] for error in refused.details["fieldErrors"]] == ["url"]


def test_a_webhook_is_read_by_whose_it_is_and_its_secret_by_nobody(
    ann: Client, pro: Client, receiver: Receiver
) -> None:
    webhook_id = register(ann, receiver)
    found = ann.get(f"webhooks/{webhook_id}")
    assert found is not None
    assert (found["url"], found["status"]) == (receiver.url, "enabled")
    assert receiver.secret not in str(found)
    for user, path in ((pro, f"webhooks/{webhook_id}"), (ann, f"webhook_secrets/{webhook_id}")):
        with pytest.raises(PermissionDenied):
            user.get(path)
    assert refusal(pro, "rotateWebhook", {"webhookId": webhook_id}).details["reason"] == "not-found"
    assert ann.call("rotateWebhook", {"webhookId": webhook_id})["secret"] != receiver.secret
