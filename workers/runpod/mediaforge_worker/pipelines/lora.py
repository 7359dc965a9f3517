"""A brand's weights: loaded into a diffusers model for one request, and unloaded before those of another
brand."""

from pathlib import Path
from typing import Any

from mediaforge_worker.errors import rejected

LORA_NAME = "request"


class Wardrobe:
    """Which weights each model has loaded. A model is known by its `id()`, so it has to live as long as this
    object."""

    def __init__(self) -> None:
        self._worn: dict[int, Path] = {}

    def change(self, model: Any, lora: Path | None, scale: float = 1.0) -> None:
        """Leaves the model with the weights of this request only, at this scale; weights that are loaded
        already stay. Raises WorkerError `lora-unusable` (rejected), and then leaves no weights in the
        model."""
        self._put_on(model, lora)
        if lora is not None:
            model.set_adapters([LORA_NAME], [scale])

    def _put_on(self, model: Any, lora: Path | None) -> None:
        if lora == self._worn.get(id(model)):
            return
        if self._worn.pop(id(model), None) is not None:
            model.unload_lora_weights()
        if lora is None:
            return
        if not _loaded(model, lora):
            raise rejected("lora-unusable", "lora_uri: these weights do not fit the model.")
        self._worn[id(model)] = lora


def _loaded(model: Any, lora: Path) -> bool:
    if not hasattr(model, "load_lora_weights"):
        return False
    try:
        model.load_lora_weights(str(lora.parent), weight_name=lora.name, adapter_name=LORA_NAME)
        # diffusers ignores weights that fit no part of the model, with a mere warning: so check for an
        # adapter.
        fits = any(LORA_NAME in names for names in model.get_list_adapters().values())
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError):
        fits = False
    if not fits:
        # Some of the weights may be loaded, and would affect the next customers' pictures.
        model.unload_lora_weights()
    return fits
