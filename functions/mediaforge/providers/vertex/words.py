"""Words that tell the model what a picture is for: the API has no field for it."""

KEEP = "Keep everything in image 1 that this does not change: its subjects, composition, light and style."


def use_of(number: int, mode: str) -> str:
    """One or two sentences about the picture with this number. `mode` is the mode of a reference."""
    if mode == "style_and_composition":
        return (
            f"Follow both the style and the composition of image {number}: its layout, viewpoint and "
            "framing, with the subject described above in the place of its own."
        )
    return (
        f"Take only the style of image {number}: its palette, light, texture and medium. Take over "
        "neither its subjects nor its composition."
    )
