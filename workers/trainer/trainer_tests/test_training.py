"""Twenty steps on a tiny model, on the processor: what is made, what it changes, and how a training ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mediaforge_worker.errors import WorkerError
from trainer_tests.conftest import FAMILIES, TRIGGER, Ended, Trainer, drawn, worker

WEIGHTS = "pytorch_lora_weights.safetensors"

Models = Callable[[str], Path]


def weights(trainer: Trainer) -> Path:
    return Path(trainer.model_folder, WEIGHTS)


def well(ended: Ended) -> str:
    assert ended.status == 0, ended.said
    return ended.said


@pytest.mark.parametrize("family", FAMILIES)
def test_what_it_has_learned_changes_a_picture_and_nothing_stays_of_it(
    family: str, models: Models, trainer: Trainer, pictures: list[str]
) -> None:
    said = well(trainer.run(models(family), pictures))
    assert "secret name" not in said
    own = worker(models(family))
    plain = drawn(own)
    branded: dict[str, Any] = {"lora": weights(trainer), "trigger": TRIGGER}
    changed = drawn(own, **branded)
    assert changed != drawn(own, trigger=TRIGGER)
    assert drawn(own, **branded) == changed
    assert drawn(own, **branded, lora_scale=0.5) not in (changed, plain)
    assert drawn(own, **branded, lora_scale=0.0) == drawn(own, trigger=TRIGGER)
    assert drawn(own) == plain


@pytest.mark.parametrize("family", FAMILIES)
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    family: str, models: Models, tmp_path: Path, pictures: list[str]
) -> None:
    whole, parts = (
        Trainer(str(tmp_path / name / "model"), str(tmp_path / name / "checkpoints"))
        for name in ("whole", "parts")
    )
    well(whole.run(models(family), pictures))
    # The machine is gone after the checkpoint of step 10: the weights cannot be written.
    Path(parts.model_folder).parent.mkdir(parents=True)
    Path(parts.model_folder).write_bytes(b"in the way")
    assert parts.run(models(family), pictures, CHECKPOINT_STEPS="10").status == 1
    assert progress(parts) == 0.5
    Path(parts.model_folder).unlink()
    said = well(parts.run(models(family), pictures, CHECKPOINT_STEPS="10"))
    assert '"training.resumed", "step": 10' in said
    first, second = (load_file(weights(each)) for each in (whole, parts))
    assert set(first) == set(second)
    assert all(first[name].equal(second[name]) for name in first)
    assert progress(parts) == 1.0
    assert not Path(parts.checkpoint_folder, "checkpoint.safetensors").exists()


def progress(trainer: Trainer) -> float:
    said = json.loads(Path(trainer.checkpoint_folder, "progress.json").read_text())
    assert set(said) == {"progress"}
    return float(said["progress"])


@pytest.mark.parametrize("left", [b"", b"half of a checkpo", None])
def test_a_checkpoint_that_is_none_of_this_training_is_not_gone_on_from(
    left: bytes | None, models: Models, trainer: Trainer, pictures: list[str]
) -> None:
    path = Path(trainer.checkpoint_folder, "checkpoint.safetensors")
    path.parent.mkdir()
    if left is None:
        save_file({"weights.other": torch.zeros(1)}, path, {"training": "another", "step": "5"})
    else:
        path.write_bytes(left)
    said = well(trainer.run(models("sdxl"), pictures, STEPS="2"))
    assert "training.resumed" not in said
    assert ("checkpoint.foreign" if left is None else "checkpoint.unreadable") in said


# ---- how it ends -------------------------------------------------------------------------------


def test_weights_of_another_family_are_refused_and_none_of_them_stays(
    models: Models, trainer: Trainer, pictures: list[str]
) -> None:
    well(trainer.run(models("flux2-klein"), pictures, STEPS="1"))
    own = worker(models("sdxl"))
    plain = drawn(own)
    with pytest.raises(WorkerError) as refused:
        drawn(own, lora=weights(trainer))
    assert (refused.value.code, refused.value.kind) == ("lora-unusable", "rejected")
    assert drawn(own) == plain


@pytest.mark.parametrize("content", [b"no picture", b"", b"\x89PNG\r\n\x1a\n", None])
def test_a_picture_that_cannot_be_read_is_the_pictures_fault(
    content: bytes | None, models: Models, trainer: Trainer, pictures: list[str]
) -> None:
    path = Path(pictures[3])
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    ended = trainer.run(models("sdxl"), pictures)
    assert ended.status == 65
    assert "picture 3" in ended.said
    assert not weights(trainer).exists()


def test_the_same_picture_five_times_is_one_picture(
    models: Models, trainer: Trainer, pictures: list[str]
) -> None:
    for path in map(Path, pictures[1:]):
        path.write_bytes(Path(pictures[0]).read_bytes())
    assert trainer.run(models("sdxl"), pictures).status == 65


def test_a_base_model_of_no_known_family_is_the_operators_fault(
    trainer: Trainer, pictures: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "unknown"
    folder.mkdir()
    Path(folder, "model_index.json").write_text('{"_class_name": "OtherPipeline"}')
    ended = trainer.run(folder, pictures)
    assert ended.status == 78
    assert not weights(trainer).exists()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"STEPS": "many"}, "STEPS"),
        ({"RESOLUTION": "100"}, "RESOLUTION"),
        ({"LEARNING_RATE": "2"}, "LEARNING_RATE"),
        ({"AIP_MODEL_DIR": ""}, "AIP_MODEL_DIR"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    settings: dict[str, str], named: str, trainer: Trainer, pictures: list[str], tmp_path: Path
) -> None:
    ended = trainer.run(tmp_path, pictures, **settings)
    assert ended.status == 78
    assert named in ended.said


def test_arguments_that_are_not_the_contracts_are_not_quoted(trainer: Trainer) -> None:
    ended = trainer.run_with(["--name=A customer's secret name", "--unknown=1"])
    assert ended.status == 78
    assert "secret" not in ended.said


def test_a_crash_is_told_without_its_words(
    trainer: Trainer, pictures: list[str], tmp_path: Path
) -> None:
    """A folder that is no model: what else could be wrong with it, nobody knows."""
    folder = tmp_path / "A customer's secret name"
    folder.mkdir()
    Path(folder, "model_index.json").write_text("{")
    ended = trainer.run(folder, pictures)
    assert ended.status == 1
    assert "training.broken" in ended.said
    told = [line for line in ended.said.splitlines() if "training.begun" not in line]
    assert "secret" not in "".join(told)
