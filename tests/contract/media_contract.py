"""What every implementation of the Media port promises."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from mediaforge.domain.errors import FileChangedError
from mediaforge.ports.media import Media

Upload = Callable[[str, bytes], str]


class MediaContract:
    folder = "generating/ann/image"
    # Why an implementation writes over whatever lies there, where it does.
    writes_blindly: ClassVar[str | None] = None

    @pytest.fixture
    def save(self, media: Media) -> Upload:
        """Over whatever is there."""
        return lambda path, content: media.save(
            path, content, "image/png", "a-token", generation(media, path)
        )

    @pytest.fixture
    def path(self, request: pytest.FixtureRequest) -> str:
        """A file of this test's own."""
        return f"{self.folder}/{request.node.name} ä.png"

    @pytest.fixture
    def matches(self) -> None:
        if self.writes_blindly is not None:
            pytest.skip(self.writes_blindly)

    def test_a_saved_file_is_there(self, media: Media, save: Upload, path: str) -> None:
        save(path, b"picture")
        assert media.load(path) == b"picture"
        assert media.exists(path)

    def test_a_file_is_copied_from_its_address(self, media: Media, save: Upload, path: str) -> None:
        save(f"{path}.source", b"film")
        address = media.copy(media.uri(f"{path}.source"), path, "video/mp4", "b-token")
        assert media.load(path) == b"film"
        assert address is not None
        assert address.endswith("token=b-token")

    def test_what_is_not_there_cannot_be_copied(self, media: Media, path: str) -> None:
        assert media.copy(media.uri(f"{path}.nowhere"), path, "video/mp4", "t") is None
        assert not media.exists(path)

    @pytest.mark.parametrize(
        "content", [b"", bytes(range(256)) * 5_000, bytes(9_000_000)], ids=["empty", "large", "9mb"]
    )
    def test_a_file_comes_back_byte_by_byte(
        self, media: Media, save: Upload, path: str, content: bytes
    ) -> None:
        save(path, content)
        assert media.load(path) == content

    def test_a_second_save_overwrites_the_first(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"first, and longer")
        save(path, b"second")
        assert media.load(path) == b"second"

    def test_a_second_save_has_the_same_address(self, save: Upload, path: str) -> None:
        assert save(path, b"first") == save(path, b"second")

    def test_files_have_different_addresses(self, save: Upload, path: str) -> None:
        assert save(path, b"picture") != save(f"{path}.2", b"picture")

    def test_a_file_that_was_never_saved_is_not_there(self, media: Media, path: str) -> None:
        assert media.load(path) is None
        assert not media.exists(path)

    def test_a_deleted_file_is_gone_and_the_others_stay(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        save(f"{path}.2", b"other")
        media.delete({path: generation(media, path)})
        assert not media.exists(path)
        assert media.load(path) is None
        assert media.load(f"{path}.2") == b"other"

    def test_what_is_gone_can_be_deleted_and_the_rest_still_is(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        there = {path: generation(media, path)}
        media.delete({f"{path}.nowhere": 7, **there})
        media.delete(there)
        assert not media.exists(path)

    def test_deleting_nothing_leaves_what_is_there(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        media.delete({})
        assert media.load(path) == b"picture"

    def test_a_deleted_file_can_be_saved_again(self, media: Media, save: Upload, path: str) -> None:
        save(path, b"first")
        media.delete(media.list(path))
        save(path, b"second")
        assert media.load(path) == b"second"

    def test_the_first_bytes_of_a_file_come_alone(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, bytes(range(256)) * 4_000)
        assert media.head(media.uri(path), 16) == bytes(range(16))

    def test_a_file_may_have_fewer_bytes_than_are_looked_at(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"short")
        save(f"{path}.2", b"")
        assert media.head(media.uri(path), 16) == b"short"
        assert media.head(media.uri(f"{path}.2"), 16) == b""

    def test_what_is_not_there_has_no_first_bytes(self, media: Media, path: str) -> None:
        assert media.head(media.uri(f"{path}.nowhere"), 16) is None

    def test_stored_files_tell_what_they_are_in_the_order_of_their_paths(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(f"{path}_1", b"larger")
        save(f"{path}_0", b"small")
        found = list(media.stored(path))
        assert [(f.path, f.size_bytes, f.content_type) for f in found] == [
            (f"{path}_0", 5, "image/png"),
            (f"{path}_1", 6, "image/png"),
        ]
        assert {f.path: f.generation for f in found} == media.list(path)
        assert abs((datetime.now(UTC) - found[0].stored_at).total_seconds()) < 600
        assert list(media.stored(f"{path}_nothing")) == []

    def test_files_are_listed_by_what_their_paths_begin_with(
        self, media: Media, save: Upload, path: str
    ) -> None:
        for name in (f"{path}_1", f"{path}_0", f"{path[:-5]}other"):
            save(name, b"picture")
        assert sorted(media.list(path)) == [f"{path}_0", f"{path}_1"]
        assert not media.list(f"{path}_nothing")

    def test_each_write_makes_another_generation(
        self, media: Media, save: Upload, path: str
    ) -> None:
        generations = []
        for content in (b"first", b"second", b"second"):
            save(path, content)
            generations.append(generation(media, path))
        media.delete(media.list(path))
        save(path, b"second")
        generations.append(generation(media, path))
        assert len(set(generations)) == 4
        assert min(generations) > 0

    # ---- only over what one has seen ---------------------------------------------------------------

    @pytest.mark.usefixtures("matches")
    def test_a_file_that_is_there_is_not_written_over_as_if_it_were_new(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"paid for")
        with pytest.raises(FileChangedError):
            media.save(path, b"late", "image/png", "a-token")
        assert media.load(path) == b"paid for"

    @pytest.mark.usefixtures("matches")
    @pytest.mark.parametrize("content", [b"late", bytes(9_000_000)], ids=["small", "9mb"])
    def test_a_file_that_was_written_meanwhile_is_not_written_over(
        self, media: Media, save: Upload, path: str, content: bytes
    ) -> None:
        save(path, b"seen")
        seen = generation(media, path)
        save(path, b"paid for")
        with pytest.raises(FileChangedError):
            media.save(path, content, "image/png", "a-token", over=seen)
        assert media.load(path) == b"paid for"

    @pytest.mark.usefixtures("matches")
    def test_a_file_that_was_deleted_meanwhile_is_not_brought_back(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"seen")
        seen = generation(media, path)
        media.delete({path: seen})
        with pytest.raises(FileChangedError):
            media.save(path, b"late", "image/png", "a-token", over=seen)
        assert not media.exists(path)

    @pytest.mark.usefixtures("matches")
    def test_a_copy_goes_only_over_what_one_has_seen(
        self, media: Media, save: Upload, path: str
    ) -> None:
        source = media.uri(f"{path}.source")
        save(f"{path}.source", b"film")
        save(path, b"seen")
        seen = generation(media, path)
        save(path, b"paid for")
        for over in (0, seen):
            with pytest.raises(FileChangedError):
                media.copy(source, path, "video/mp4", "b-token", over)
        assert media.load(path) == b"paid for"
        assert media.copy(source, path, "video/mp4", "b-token", generation(media, path))
        assert media.load(path) == b"film"

    @pytest.mark.usefixtures("matches")
    def test_what_was_written_meanwhile_is_not_deleted_and_the_rest_is(
        self, media: Media, save: Upload, path: str
    ) -> None:
        for name in (path, f"{path}.2"):
            save(name, b"seen")
        seen = media.list(path)
        save(path, b"paid for")
        media.delete(seen)
        assert media.load(path) == b"paid for"
        assert not media.exists(f"{path}.2")


def generation(media: Media, path: str) -> int:
    """0 where there is no file."""
    return media.list(path).get(path, 0)
