"""A reference pack of somebody else."""

from tests.support.pictures import PICTURE
from tests.support.world import World


def write_pack(world: World) -> str:
    """A public pack of Bob's. Of its two pictures one is gone."""
    picture = {"path": "references/bob/a.png", "mode": "style_only"}
    world.media.files[picture["path"]] = PICTURE
    pack = {
        "name": "Lights",
        "user_id": "bob",
        "visibility": "public",
        "references": [{**picture, "caption": "Dusk"}, {**picture, "path": "references/bob/b.png"}],
        "is_template": True,
        "version": 1,
        "created_at": world.clock.now(),
        "modified": world.clock.now(),
    }
    world.documents.overwrite("reference_packs/p", pack)
    return "p"
