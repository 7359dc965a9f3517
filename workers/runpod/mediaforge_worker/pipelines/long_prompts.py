"""Prompts that are longer than what a CLIP encoder reads at once: 77 tokens, about 55 English words.

The pipelines of diffusers cut the rest off. Here the prompt is cut into chunks of 75 tokens, each is encoded
by itself, and the model is given the chunks one behind the other, which it takes: it attends to any number of
tokens. Models with another text encoder (T5, Qwen) read 512 tokens or more and need none of this.
"""

from typing import Any

from mediaforge_worker import log

# 2,250 tokens: twice what a prompt of 4,000 English characters has. Attention to more would take memory
# that other requests do not need.
CHUNKS_MAX = 30
_START_AND_END = 2

Arguments = dict[str, Any]
Chunks = list[list[int]]


def is_read_in_chunks(model: Any) -> bool:
    """Whether the model has the two CLIP encoders of Stable Diffusion XL."""
    return type(model).__name__.startswith("StableDiffusionXL")


def embedded(model: Any, prompt: str, negative_prompt: str) -> Arguments:
    """The arguments that take the place of `prompt` and `negative_prompt`; none where the model reads both
    whole."""
    encoders = [(model.tokenizer, model.text_encoder), (model.tokenizer_2, model.text_encoder_2)]
    told = [
        [_chunks(tokenizer, words) for tokenizer, _ in encoders]
        for words in (prompt, negative_prompt)
    ]
    count = max(len(chunks) for each in told for chunks in each)
    if count == 1:
        return {}
    if count > CHUNKS_MAX:
        log.warning("prompt.cut", chunks=count, read=CHUNKS_MAX)
    count = min(count, CHUNKS_MAX)
    positive, negative = (_encoded(encoders, each, count) for each in told)
    arguments = {"prompt_embeds": positive[0], "pooled_prompt_embeds": positive[1]}
    # Without negative words such a model wants zeros, which it makes by itself.
    if not negative_prompt and model.config.force_zeros_for_empty_prompt:
        return arguments
    return arguments | {
        "negative_prompt_embeds": negative[0],
        "negative_pooled_prompt_embeds": negative[1],
    }


def _chunks(tokenizer: Any, words: str) -> Chunks:
    """The tokens in chunks that each leave room for the marks of start and end; at least one chunk."""
    ids = tokenizer(words, add_special_tokens=False, truncation=False, verbose=False).input_ids
    room = tokenizer.model_max_length - _START_AND_END
    return [ids[start : start + room] for start in range(0, len(ids), room)] or [[]]


def _encoded(encoders: list[tuple[Any, Any]], told: list[Chunks], count: int) -> tuple[Any, Any]:
    """The embeddings of all chunks, and the pooled one: the model has one place for it, and the first chunk
    says most."""
    import torch  # noqa: PLC0415

    columns, pooled = [], None
    with torch.no_grad():
        for (tokenizer, encoder), chunks in zip(encoders, told, strict=True):
            padded = (chunks + [[]] * count)[:count]
            ids = torch.tensor(
                [_marked(tokenizer, chunk) for chunk in padded], device=encoder.device
            )
            answer = encoder(ids, output_hidden_states=True)
            # As `encode_prompt` of the pipeline does it: the last layer but one.
            columns.append(answer.hidden_states[-2].flatten(0, 1).unsqueeze(0))
            pooled = answer[0][:1]
    return torch.cat(columns, dim=-1), pooled


def _marked(tokenizer: Any, chunk: list[int]) -> list[int]:
    marked = [tokenizer.bos_token_id, *chunk, tokenizer.eos_token_id]
    return marked + [tokenizer.pad_token_id] * (tokenizer.model_max_length - len(marked))
