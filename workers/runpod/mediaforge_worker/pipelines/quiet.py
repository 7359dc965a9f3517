"""Libraries that log what they were given: a prompt that is cut is quoted, and a worker's log is read by
others than the one who wrote it."""

import logging

_LOGGERS = ("accelerate", "huggingface_hub", "peft", "tokenizers")


def quiet() -> None:
    """Only errors of the libraries are logged. Whatever their environment says: `DIFFUSERS_VERBOSITY=info`
    would bring the prompts back."""
    import diffusers  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
