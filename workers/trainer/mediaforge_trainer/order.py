"""What is to be trained: the container's arguments, and its environment."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from mediaforge_trainer.errors import MisconfiguredError

PICTURES_MIN = 5


@dataclass(frozen=True, slots=True)
class Order:
    """`references`, `model_folder` and `checkpoint_folder` are addresses (`gs://…`, or a path on this
    machine). `trigger` is the word that is to call the brand. `base_model` is a model on Hugging Face, or a
    folder that holds one. `learning_rate` is the optimizer's; pictures are trained at `resolution_px` in
    both directions. A checkpoint is kept every `checkpoint_steps`."""

    job_id: str
    name: str
    references: tuple[str, ...]
    base_model: str
    trigger: str
    model_folder: str
    checkpoint_folder: str
    steps: int
    resolution_px: int
    rank: int
    learning_rate: float
    batch_size: int
    checkpoint_steps: int


def read_order(arguments: Sequence[str], environment: Mapping[str, str]) -> Order:
    """Raises MisconfiguredError: what is wrong here is wrong for every brand."""
    said = _parser().parse_args(arguments)
    model_folder = environment.get("AIP_MODEL_DIR", "").strip()
    if not model_folder:
        raise MisconfiguredError("AIP_MODEL_DIR is not set")
    return Order(
        job_id=said.job_id,
        name=said.name,
        references=tuple(said.references),
        base_model=said.base_model,
        trigger=said.trigger,
        model_folder=model_folder,
        # Vertex AI names both folders. Without this one, what was trained is lost with the machine.
        checkpoint_folder=environment.get("AIP_CHECKPOINT_DIR", "").strip(),
        steps=_whole(environment, "STEPS", 800),
        resolution_px=_whole(environment, "RESOLUTION", 512, multiple=16),
        rank=_whole(environment, "RANK", 16),
        learning_rate=_share(environment, "LEARNING_RATE", 1e-4),
        batch_size=_whole(environment, "BATCH_SIZE", 1),
        checkpoint_steps=_whole(environment, "CHECKPOINT_STEPS", 50),
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # noqa: ARG002 - argparse's
        # The message quotes the arguments, and argparse would end with a status of its own.
        raise MisconfiguredError("the arguments are not those of docs/trainer.md")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="mediaforge_trainer", allow_abbrev=False)
    for name in ("--job-id", "--name", "--base-model", "--trigger"):
        parser.add_argument(name, required=True)
    parser.add_argument("--references", nargs="+", required=True)
    return parser


def _whole(environment: Mapping[str, str], name: str, default: int, multiple: int = 1) -> int:
    said = environment.get(name, str(default))
    if not said.isdecimal() or int(said) < 1 or int(said) % multiple:
        wants = f"a multiple of {multiple}" if multiple > 1 else "a whole number from 1"
        raise MisconfiguredError(f"{name} must be {wants}")
    return int(said)


def _share(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(environment.get(name, default))
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise MisconfiguredError(f"{name} must be between 0 and 1")
    return value
