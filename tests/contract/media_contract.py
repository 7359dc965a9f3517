"""What every implementation of the Media port promises."""

from collections.abc import Callable

import pytest

from mediaforge.ports.media import Media

Upload = Callable[[str, bytes], str]


class MediaContract:
    folder = "generating/ann/image"

    @pytest.fixture
    def save(self, media: Media) -> Upload:
        return lambda path, content: media.save(path, content, "image/png", "a-token")

    @pytest.fixture
    def path(self, request: pytest.FixtureRequest) -> str:
        """A file of this test's own."""
        return f"{self.folder}/{request.node.name} ä.png"

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

    def test_a_copy_onto_itself_keeps_the_file(self, media: Media, save: Upload, path: str) -> None:
        save(path, b"film")
        assert media.copy(media.uri(path), path, "video/mp4", "b-token") is not None
        assert media.load(path) == b"film"

    def test_what_is_not_there_cannot_be_copied(self, media: Media, path: str) -> None:
        assert media.copy(media.uri(f"{path}.nowhere"), path, "video/mp4", "t") is None
        assert not media.exists(path)

    @pytest.mark.parametrize("content", [b"", bytes(range(256)) * 5_000], ids=["empty", "large"])
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
        media.delete([path])
        assert not media.exists(path)
        assert media.load(path) is None
        assert media.load(f"{path}.2") == b"other"

    def test_what_is_gone_can_be_deleted_and_the_rest_still_is(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        media.delete([f"{path}.nowhere", path, path])
        assert not media.exists(path)

    def test_deleting_nothing_leaves_what_is_there(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        media.delete([])
        assert media.load(path) == b"picture"

    def test_a_deleted_file_can_be_saved_again(self, media: Media, save: Upload, path: str) -> None:
        save(path, b"first")
        media.delete([path])
        save(path, b"second")
        assert media.load(path) == b"second"

    def test_files_are_listed_by_what_their_paths_begin_with(
        self, media: Media, save: Upload, path: str
    ) -> None:
        for name in (f"{path}_1", f"{path}_0", f"{path[:-5]}other"):
            save(name, b"picture")
        assert sorted(media.list(path)) == [f"{path}_0", f"{path}_1"]
        assert list(media.list(f"{path}_nothing")) == []
