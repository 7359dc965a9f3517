"""The steps of a training, its progress, and its checkpoints.

A step is fixed by the job and its number: a training that is stopped and resumed makes the weights that it
would have made without the stop.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from mediaforge_trainer import log, store
from mediaforge_trainer.families import Family
from mediaforge_trainer.order import Order

CHECKPOINT_FILE = "checkpoint.safetensors"
PROGRESS_FILE = "progress.json"
_MOMENTS = ("exp_avg", "exp_avg_sq")  # AdamW's
_GRADIENT_MAX = 1.0

Tensors = dict[str, torch.Tensor]


def train(family: Family, order: Order, digests: Sequence[str]) -> None:
    """Takes the steps that are left, after the last checkpoint of this same training."""
    learning = _learning(family)
    optimizer = torch.optim.AdamW(learning.values(), lr=order.learning_rate, weight_decay=1e-2)
    checkpoint = Checkpoint(order, digests)
    done = checkpoint.restore(learning, optimizer)
    for step in range(done, order.steps):
        dice = _dice(order.job_id, step)
        loss = family.loss(_drawn(len(digests), order.batch_size, dice), dice)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning.values(), _GRADIENT_MAX)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % order.checkpoint_steps == 0 and step + 1 < order.steps:
            log.info("training.advanced", step=step + 1, steps=order.steps, loss=loss.item())
            checkpoint.keep(learning, optimizer, step + 1)


def _learning(family: Family) -> dict[str, torch.nn.Parameter]:
    named: Sequence[tuple[str, Any]] = list(family.network.named_parameters())
    return {name: parameter for name, parameter in named if parameter.requires_grad}


def seed_of(job_id: str, step: int) -> int:
    digest = hashlib.sha256(f"{job_id} {step}".encode()).digest()
    return int.from_bytes(digest[:7])


def _dice(job_id: str, step: int) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed_of(job_id, step))


def _drawn(pictures: int, count: int, dice: torch.Generator) -> list[int]:
    return [int(each) for each in torch.randint(pictures, (count,), generator=dice)]


class Checkpoint:
    """What a training has learned so far, in the folder that Vertex AI names. It is used by this same
    training only: of the same model, word, settings and pictures. A folder without a name keeps nothing."""

    def __init__(self, order: Order, digests: Sequence[str]) -> None:
        self._folder, self._steps = order.checkpoint_folder, order.steps
        said = [order.base_model, order.trigger, order.resolution_px, order.rank]
        said += [order.learning_rate, order.batch_size, *digests]
        self._training = hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def keep(self, learning: dict[str, torch.nn.Parameter], optimizer: Any, step: int) -> None:
        """The checkpoint goes before the progress: what is told was kept."""
        if not self._folder:
            return
        tensors = {f"weights.{name}": each.detach().cpu() for name, each in learning.items()}
        for name, parameter in learning.items():
            state = optimizer.state[parameter]
            tensors |= {f"{moment}.{name}": state[moment].cpu() for moment in _MOMENTS}
        metadata = {"training": self._training, "step": str(step)}
        content = _in_a_file(lambda path: save_file(tensors, path, metadata))
        store.write(store.joined(self._folder, CHECKPOINT_FILE), content)
        tell(self._folder, step / self._steps)

    def restore(self, learning: dict[str, torch.nn.Parameter], optimizer: Any) -> int:
        """How many steps were taken already. A checkpoint that cannot be read is none."""
        found = self._found()
        if found is None:
            return 0
        tensors, step = found
        if step > self._steps or {f"weights.{name}" for name in learning} - set(tensors):
            return 0
        for name, parameter in learning.items():
            parameter.data.copy_(tensors[f"weights.{name}"])
            moments = {each: tensors[f"{each}.{name}"].to(parameter.device) for each in _MOMENTS}
            optimizer.state[parameter] = {"step": torch.tensor(float(step)), **moments}
        log.info("training.resumed", step=step)
        return step

    def forget(self) -> None:
        if self._folder:
            store.delete(store.joined(self._folder, CHECKPOINT_FILE))

    def _found(self) -> tuple[Tensors, int] | None:
        content = store.read(store.joined(self._folder, CHECKPOINT_FILE)) if self._folder else None
        if content is None:
            return None
        try:
            tensors, metadata = _opened(content)
        except (SafetensorError, OSError, ValueError):
            log.warning("checkpoint.unreadable")
            return None
        if metadata.get("training") != self._training:
            log.warning("checkpoint.foreign")
            return None
        return tensors, int(metadata["step"])


def tell(folder: str, progress: float) -> None:
    """From 0 to 1, for whoever asks how far the training is."""
    if folder:
        said = json.dumps({"progress": round(progress, 4)}).encode()
        store.write(store.joined(folder, PROGRESS_FILE), said, "application/json")


def _in_a_file(save: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, CHECKPOINT_FILE)
        save(path)
        return path.read_bytes()


def _opened(content: bytes) -> tuple[Tensors, dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, CHECKPOINT_FILE)
        path.write_bytes(content)
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
