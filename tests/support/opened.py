"""Pictures as the painter is given them."""

from functools import partial

from mediaforge.providers.decoding import open_picture
from painter.painting import Picture


def opened(*contents: bytes) -> list[Picture]:
    return [partial(open_picture, content) for content in contents]
