"""The smallest jobs, as a backend sends them."""

from typing import Any


def image_job(**changes: Any) -> dict[str, Any]:
    job = {
        "user_id": "ann",
        "file_uid": "f1",
        "media_type": "image",
        "use_cloud_storage": True,
        "prompt": "a lighthouse at dusk",
        "width": 64,
        "height": 64,
        "seed": 7,
    }
    return {**job, **changes}


def video_job(**changes: Any) -> dict[str, Any]:
    small = {"media_type": "video", "duration_seconds": 1, "fps": 4}
    return image_job(**{**small, **changes})


def without(job: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key != name}
