"""One training, from the container's arguments to its exit status: see docs/trainer.md."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mediaforge_trainer import log, pictures, store
from mediaforge_trainer.errors import MisconfiguredError, UnusableError
from mediaforge_trainer.order import Order, read_order

WEIGHTS_FILE = "pytorch_lora_weights.safetensors"
CRASHED = 1


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit status. A crash is logged without its message, which may quote an address or a name."""
    try:
        _run(read_order(arguments, environment))
    except (UnusableError, MisconfiguredError) as error:
        log.warning("training.refused", status=error.status, reason=str(error))
        return error.status
    except Exception as error:
        log.bug("training.broken", error)
        return CRASHED
    return 0


def _run(order: Order) -> None:
    """The pictures come first: the model takes minutes to load, and they may be unusable."""
    log.info("training.begun", job_id=order.job_id, base_model=order.base_model, steps=order.steps)
    squares, digests = pictures.load(order.references, order.resolution_px)
    _quiet()

    import torch  # noqa: PLC0415 - seconds, which a training with unusable pictures spares

    from mediaforge_trainer import families, training  # noqa: PLC0415

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(training.seed_of(order.job_id, 0))  # the new weights begin at random
    family = families.load(order.base_model, order.rank, device)
    family.prepare(squares, caption_of(order.trigger))
    training.train(family, order, digests)
    with tempfile.TemporaryDirectory() as folder:
        family.save(Path(folder))
        weights = Path(folder, WEIGHTS_FILE).read_bytes()
    store.write(store.joined(order.model_folder, WEIGHTS_FILE), weights)
    training.tell(order.checkpoint_folder, 1.0)
    training.Checkpoint(order, digests).forget()
    log.info("training.done", job_id=order.job_id, weights_bytes=len(weights))


def caption_of(trigger: str) -> str:
    """What every picture is said to show. The brand's name is not among it: its words mean something to the
    model, and the trigger is to mean this brand only."""
    return f"{trigger}, a picture in the look of {trigger}"


def _quiet() -> None:
    """Progress bars and hints of the libraries tell nothing that the log does not."""
    for name in ("DIFFUSERS_VERBOSITY", "TRANSFORMERS_VERBOSITY"):
        os.environ[name] = "error"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
