"""A body of each route that takes JSON, which the description shows and its page fills in. None of them is
refused as invalid; the user's id and the ids of jobs are the caller's to put in."""

from collections.abc import Mapping
from typing import Any

USER_ID = "YOUR-USER-ID"
PICTURE_URL = "https://example.com/fox.png"
_FOX = "A red fox in the snow, watercolour"

Examples = Mapping[str, Mapping[str, Any]]
"""Bodies by what they ask for."""

EXAMPLES: Mapping[str, Examples] = {
    "generate": {
        "picture": {"prompt": _FOX, "aspectRatio": "16:9"},
        "video": {"kind": "video", "prompt": "A red fox runs through the snow"},
    },
    "trainBrand": {
        "brand": {
            "name": "Foxes",
            "references": [
                {"path": f"references/{USER_ID}/fox-{n}.png", "mode": "style_only"}
                for n in range(1, 6)
            ],
        }
    },
    "cancelJob": {"cancel": {"acceptCharge": False}},
    "retryJob": {"retry": {}},
    "submitBatch": {
        "batch": {
            "name": "Foxes",
            "defaults": {"aspectRatio": "16:9"},
            "rows": [
                {"prompt": _FOX},
                {"prompt": "A red fox in the rain, watercolour", "count": 2},
            ],
        }
    },
    "pauseBatch": {"pause": {}},
    "resumeBatch": {"resume": {}},
    "setPriorityBatch": {"later": {"priority": "low"}},
    "editRowBatch": {
        "another prompt": {"row": 0, "changes": {"prompt": "A grey wolf in the snow"}}
    },
    "retryFailedBatch": {"retry": {}},
    "cancelBatch": {"cancel": {}},
    "inviteBatch": {"viewer": {"role": "viewer"}},
    "joinBatch": {"join": {"code": "the code that an invitation has"}},
    "exportWholeBatch": {"files": {"format": "zip"}, "table": {"format": "csv"}},
    "exportBatch": {"jobs": {"format": "zip", "jobIds": ["0123456789abcdef01234567"]}},
    "estimateCredits": {
        "two requests": {
            "requests": [{"prompt": _FOX}, {"kind": "video", "prompt": "A red fox runs"}]
        }
    },
    "storeReference": {"by its address": {"url": PICTURE_URL}},
    "createWebhook": {
        "what ends": {
            "url": "https://example.com/hooks/mediaforge",
            "events": ["job.completed", "job.failed"],
        }
    },
    "rotateWebhook": {"rotate": {}},
}
