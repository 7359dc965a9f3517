"""A brand's weights, put on a diffusers model for one request and taken off before another's."""

from pathlib import Path
from typing import Any

from mediaforge_worker.errors import rejected

LORA_NAME = "request"


class Wardrobe:
    """What each model wears. A model is known by its id, so it has to live as long as this does."""

    def __init__(self) -> None:
        self._worn: dict[int, Path] = {}

    def change(self, model: Any, lora: Path | None) -> None:
        """The weights of this request and no other's; kept while the same are asked for. Raises WorkerError
        `lora-unusable` (rejected), and leaves none of them in the model then."""
        if lora == self._worn.get(id(model)):
            return
        if self._worn.pop(id(model), None) is not None:
            model.unload_lora_weights()
        if lora is None:
            return
        if not _put_on(model, lora):
            raise rejected("lora-unusable", "lora_uri: these weights do not fit the model.")
        self._worn[id(model)] = lora


def _put_on(model: Any, lora: Path) -> bool:
    if not hasattr(model, "load_lora_weights"):
        return False
    try:
        model.load_lora_weights(str(lora.parent), weight_name=lora.name, adapter_name=LORA_NAME)
        # Weights that name no part of the model are left out with a mere warning.
        fits = any(LORA_NAME in names for names in model.get_list_adapters().values())
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError):
        fits = False
    if not fits:
        # Some of them may be in, and would be in the next customers' pictures.
        model.unload_lora_weights()
    return fits
