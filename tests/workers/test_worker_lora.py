"""Whose weights a model draws with: this request's or nobody's, however their loading ends."""

from pathlib import Path
from typing import Any

import pytest

from mediaforge_worker.errors import WorkerError
from mediaforge_worker.pipelines.lora import Wardrobe

ANN, BOB = Path("/scratch/ann.safetensors"), Path("/scratch/bob.safetensors")
HALF, FOREIGN = Path("/scratch/half.safetensors"), Path("/scratch/foreign.safetensors")


class Model:
    """What a diffusers pipeline does with weights: puts them into its parts one after the other."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, str]] = {"unet": {}, "text_encoder": {}}
        self.loads = 0
        self.scale: float | None = None

    def load_lora_weights(self, folder: str, *, weight_name: str, adapter_name: str) -> None:
        self.loads += 1
        for name, part in self.parts.items():
            if adapter_name in part:
                raise ValueError("the name is already in use")
            if weight_name == HALF.name and name == "text_encoder":
                raise RuntimeError("size mismatch")
            if weight_name != FOREIGN.name:
                part[adapter_name] = weight_name

    def set_adapters(self, names: list[str], weights: list[float]) -> None:
        assert names == ["request"]
        (self.scale,) = weights

    def get_list_adapters(self) -> dict[str, list[str]]:
        return {name: list(part) for name, part in self.parts.items()}

    def unload_lora_weights(self) -> None:
        for part in self.parts.values():
            part.clear()

    @property
    def worn(self) -> set[str]:
        return {weights for part in self.parts.values() for weights in part.values()}


def refusal(wardrobe: Wardrobe, model: Any, lora: Path) -> tuple[str, str]:
    with pytest.raises(WorkerError) as refused:
        wardrobe.change(model, lora)
    return refused.value.code, refused.value.kind


def test_each_request_wears_its_own_and_the_same_are_loaded_once() -> None:
    wardrobe, model = Wardrobe(), Model()
    for lora in (ANN, ANN, BOB, None, BOB):
        wardrobe.change(model, lora)
        assert model.worn == ({lora.name} if lora else set())
    assert model.loads == 3


def test_each_request_has_its_own_scale_and_the_weights_stay() -> None:
    wardrobe, model = Wardrobe(), Model()
    for scale in (1.0, 0.6, 0.6, 1.0):
        wardrobe.change(model, ANN, scale)
        assert (model.worn, model.scale) == ({ANN.name}, scale)
    assert model.loads == 1


@pytest.mark.parametrize("lora", [HALF, FOREIGN])
def test_weights_that_do_not_fit_are_refused_and_none_of_them_stays(lora: Path) -> None:
    wardrobe, model = Wardrobe(), Model()
    wardrobe.change(model, ANN)
    for _ in range(2):
        assert refusal(wardrobe, model, lora) == ("lora-unusable", "rejected")
        assert model.worn == set()
    wardrobe.change(model, BOB)
    assert model.worn == {BOB.name}


def test_a_model_that_takes_no_weights_refuses_them() -> None:
    assert refusal(Wardrobe(), object(), ANN) == ("lora-unusable", "rejected")
