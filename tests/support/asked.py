"""What may be asked of each operation, by Ann or an administrator: a payload, or one for each action."""

from collections.abc import Mapping
from typing import Any

GIFT = {"accountId": "user_ann", "amount": 900, "reason": "gift", "requestId": "g"}
PICTURES = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]
ASKED: dict[str, list[Mapping[str, Any]]] = {
    "generateImage": [{"prompt": "x"}],
    "generateVideo": [{"prompt": "x"}],
    "trainBrand": [{"name": "b", "references": PICTURES}],
    "creativeDirectorAgent": [{"brief": "a fox"}],
    "controlJob": [{"jobId": "id0000", "action": action} for action in ("cancel", "retry")],
    "submitBatch": [{"name": "posters", "rows": [{"prompt": "x"}, {"prompt": "y"}]}],
    "estimateCredits": [{"requests": [{"prompt": "x", "count": 3}, {"prompt": ""}]}],
    "controlBatch": [
        {"batchId": "b1", "action": "pause"},
        {"batchId": "b1", "action": "resume"},
        {"batchId": "b1", "action": "setPriority", "priority": "low"},
        {"batchId": "b1", "action": "editRow", "row": 1, "changes": {"prompt": "z"}},
        {"batchId": "b1", "action": "retryFailed"},
        {"batchId": "b1", "action": "cancel"},
        {"batchId": "b1", "action": "invite", "role": "viewer"},
        {"batchId": "b1", "action": "join", "code": "any"},
    ],
    "searchGenerations": [{"text": "lighthouse"}],
    "markGeneration": [{"jobId": "id0000", "favourite": True}],
    "deleteGeneration": [{"jobId": "id0000"}],
    "exportBatch": [{"batchId": "b1", "format": "csv"}],
    "createWebhook": [{"url": "https://example.com/hook"}],
    "rotateWebhook": [{"webhookId": "w1"}],
    "deleteWebhook": [{"webhookId": "w1"}],
    "listWebhooks": [{}],
    "listDeliveries": [{"webhookId": "w1"}],
    "grantCredits": [GIFT],
    "controlAccount": [
        {"accountId": "user_ann", "action": "setTier", "tier": "pro"},
        {**GIFT, "action": "adjust"},
        {"action": "resetFuse"},
        {"accountId": "user_ann", "action": "block", "reason": "x"},
        {"accountId": "user_ann", "action": "unblock"},
    ],
    "inspect": [{}, {"accountId": "user_ann"}],
    "controlDeadLetter": [{"jobId": "gone", "action": action} for action in ("replay", "purge")],
    "exportAccount": [{"requestId": "all"}],
    "deleteAccount": [{"confirm": "ann"}],
    "copyPack": [{"packId": "gone"}],
    "createApiKey": [{"name": "sheets"}],
    "revokeApiKey": [{"keyId": "gone"}],
    "createTeam": [{"name": "Lights"}],
    "controlTeam": [
        {"teamId": "t1", "action": "invite", "role": "viewer"},
        {"teamId": "t1", "action": "revokeInvite", "inviteId": "gone"},
        {"teamId": "t1", "action": "accept", "code": "any"},
        {"teamId": "t1", "action": "setMember", "uid": "ann", "role": "owner"},
        {"teamId": "t1", "action": "remove", "uid": "nobody"},
    ],
    "createCheckout": [{"credits": 500}],
    "getCatalog": [{}],
}
