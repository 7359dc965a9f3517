"""What every implementation of the Media port promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import httpx
import pytest

from mediaforge.domain.errors import FileChangedError, FileTooLargeError
from mediaforge.ports.media import Bucket, Head, Media, Opened, UploadAddress

Upload = Callable[[str, bytes], str]
BYTES_MAX = 1_000
HOUR_S = 3600


@dataclass(frozen=True)
class Stranger:
    """Somebody without any right, who has been given an address. `put` says whether the file was taken;
    `get` has None where it is not to be had. `wait` lets so many seconds pass."""

    put: Callable[[str, Mapping[str, str], bytes], bool]
    get: Callable[[str], bytes | None]
    wait: Callable[[float], None]

    def upload(self, address: UploadAddress, content: bytes) -> bool:
        return self.put(address.url, address.headers, content)


def http_put(url: str, headers: Mapping[str, str], content: bytes) -> bool:
    answer = httpx.put(url, headers=headers, content=content, timeout=60, trust_env=False)
    return answer.is_success


def http_get(url: str) -> bytes | None:
    answer = httpx.get(url, timeout=60, trust_env=False)
    return answer.content if answer.is_success else None


class MediaContract:
    folder = "generating/ann/image"
    # Why an implementation writes over whatever lies there, where it does.
    writes_blindly: ClassVar[str | None] = None
    # Why an implementation's addresses can do more than they should, where they can.
    trusts_strangers: ClassVar[str | None] = None

    @pytest.fixture
    def checks(self) -> None:
        if self.trusts_strangers is not None:
            pytest.skip(self.trusts_strangers)

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

    def test_a_file_that_is_too_large_is_not_read(self, small_media: Media, path: str) -> None:
        """`small_media` reads files of at most `BYTES_MAX`."""
        small_media.save(path, bytes(BYTES_MAX), "image/png", "a-token")
        small_media.save(f"{path}.2", bytes(BYTES_MAX + 1), "image/png", "a-token")
        assert small_media.load(path) == bytes(BYTES_MAX)
        with pytest.raises(FileTooLargeError):
            small_media.load(f"{path}.2")

    @pytest.mark.parametrize(
        "content",
        [b"", b"short", bytes(4 * 1024 * 1024), bytes(range(256)) * 50_000],
        ids=["empty", "short", "one-chunk", "13mb"],
    )
    def test_a_file_is_written_and_read_piece_by_piece(
        self, media: Media, path: str, content: bytes
    ) -> None:
        with media.writing(path, "application/zip", "a-token") as file:
            for at in range(0, len(content), 1_000_000):
                file.write(content[at : at + 1_000_000])
        assert media.load(path) == content
        assert opened(media, path).tokens == {"a-token"}
        chunks = media.chunks(path)
        assert chunks is not None
        found = list(chunks)
        assert b"".join(found) == content
        assert all(len(chunk) <= 4 * 1024 * 1024 for chunk in found)

    def test_of_a_file_that_was_not_written_to_its_end_nothing_is_there(
        self, media: Media, path: str
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            break_off(media, path)
        assert not media.exists(path)
        assert media.chunks(path) is None

    @pytest.mark.usefixtures("matches")
    def test_what_is_written_piece_by_piece_names_what_it_writes_over(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"theirs")
        seen = generation(media, path)
        with pytest.raises(FileChangedError), media.writing(path, "text/csv", "t") as file:
            file.write(bytes(5_000_000))
        assert media.load(path) == b"theirs"
        with media.writing(path, "text/csv", "t", over=seen) as file:
            file.write(b"ours")
        assert media.load(path) == b"ours"

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

    def test_a_file_that_is_replaced_opens_to_whom_it_opened(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"first")
        seen = generation(media, path)
        replaced = media.replace(path, b"second, and longer", "image/webp", seen)
        assert replaced == generation(media, path)
        assert replaced > seen
        assert media.load(path) == b"second, and longer"
        assert opened(media, path).tokens == {"a-token"}
        [stored] = media.stored(path)
        assert (stored.content_type, stored.size_bytes) == ("image/webp", 18)

    def test_a_file_that_is_replaced_may_open_to_others(self, media: Media, path: str) -> None:
        first = media.replace(path, b"first", "image/webp", 0, "b-token")
        assert opened(media, path).tokens == {"b-token"}
        assert media.replace(path, b"second", "image/webp", first, "c-token") > first
        assert "c-token" in opened(media, path).tokens

    @pytest.mark.usefixtures("matches")
    def test_nobody_replaces_what_they_have_not_seen(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"first")
        seen = generation(media, path)
        save(path, b"theirs")
        for over in (0, seen):
            with pytest.raises(FileChangedError):
                media.replace(path, b"ours", "image/png", over)
        with pytest.raises(FileChangedError):
            media.replace(f"{path}.nowhere", b"ours", "image/png", seen)
        assert media.load(path) == b"theirs"
        assert not media.exists(f"{path}.nowhere")

    @pytest.mark.usefixtures("matches")
    def test_a_file_is_loaded_as_it_was_seen_or_not_at_all(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"first")
        seen = generation(media, path)
        assert media.load(path, seen) == b"first"
        save(path, b"second")
        assert media.load(path, seen) is None
        assert media.load(path, generation(media, path)) == b"second"

    def test_a_deleted_file_can_be_saved_again(self, media: Media, save: Upload, path: str) -> None:
        save(path, b"first")
        media.delete(media.list(path))
        save(path, b"second")
        assert media.load(path) == b"second"

    def test_the_first_bytes_of_a_file_come_alone(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, bytes(range(256)) * 4_000)
        assert media.head(media.uri(path), 16) == Head(bytes(range(16)), generation(media, path))

    def test_a_file_may_have_fewer_bytes_than_are_looked_at(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"short")
        save(f"{path}.2", b"")
        assert begins(media, path) == b"short"
        assert begins(media, f"{path}.2") == b""

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

    def test_stored_files_are_told_from_a_path_on(
        self, media: Media, save: Upload, path: str
    ) -> None:
        for name in ("a-2/x", "a/x", "a/y", "a0", "b/x"):
            save(f"{path}_{name}", b"picture")
        begins = {
            start: [f.path for f in media.stored(f"{path}_", f"{path}_{start}")]
            for start in ("a/y", "a0", "nothing")
        }
        assert begins == {
            "a/y": [f"{path}_{name}" for name in ("a/y", "a0", "b/x")],
            "a0": [f"{path}_{name}" for name in ("a0", "b/x")],
            "nothing": [],
        }

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

    # ---- whom a file opens to ----------------------------------------------------------------------

    def test_a_saved_file_opens_to_its_token(self, media: Media, save: Upload, path: str) -> None:
        assert media.opened(path) is None
        address = save(path, b"picture")
        assert opened(media, path).tokens == {"a-token"}
        assert media.address(path, "a-token") == address

    def test_a_copy_opens_to_its_token_and_not_to_that_of_its_source(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(f"{path}.source", b"film")
        media.copy(media.uri(f"{path}.source"), path, "video/mp4", "b-token")
        assert opened(media, path).tokens == {"b-token"}

    def test_a_file_is_opened_to_others_and_holds_what_it_held(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        written = generation(media, path)
        media.open_to(path, {"a-token", "b-token"}, opened(media, path).version)
        assert opened(media, path).tokens == {"a-token", "b-token"}
        media.open_to(path, {"b-token"}, opened(media, path).version)
        assert opened(media, path).tokens == {"b-token"}
        assert media.load(path) == b"picture"
        assert generation(media, path) == written

    def test_what_is_gone_is_opened_to_nobody_and_does_not_come_back(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        version = opened(media, path).version
        media.delete(media.list(path))
        with pytest.raises(FileChangedError):
            media.open_to(path, {"b-token"}, version)
        assert not media.exists(path)

    @pytest.mark.usefixtures("matches")
    def test_a_file_that_was_opened_to_others_meanwhile_stays_as_it_is(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"picture")
        version = opened(media, path).version
        media.open_to(path, {"b-token"}, version)
        with pytest.raises(FileChangedError):
            media.open_to(path, {"late"}, version)
        assert opened(media, path).tokens == {"b-token"}

    @pytest.mark.usefixtures("matches")
    def test_a_file_that_was_written_meanwhile_opens_to_whom_it_was_written_for(
        self, media: Media, save: Upload, path: str
    ) -> None:
        save(path, b"seen")
        version = opened(media, path).version
        save(path, b"another")
        with pytest.raises(FileChangedError):
            media.open_to(path, {"late"}, version)
        assert opened(media, path).tokens == {"a-token"}

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

    # ---- by addresses, for who has no right of their own -----------------------------------------------

    def test_an_upload_address_takes_the_file(
        self, media: Bucket, stranger: Stranger, path: str
    ) -> None:
        address = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        assert not media.exists(path)
        assert stranger.upload(address, b"picture")
        assert media.load(path) == b"picture"

    def test_a_read_address_gives_the_file(
        self, media: Bucket, save: Upload, stranger: Stranger, path: str
    ) -> None:
        address = media.read_address(path, HOUR_S)
        assert stranger.get(address) is None
        save(path, b"picture")
        assert stranger.get(address) == b"picture"

    @pytest.mark.parametrize(
        "name", ["a b", "a?b", "a#b", "a%2Fb", "a+b&c=d", "\u00e4\u2028", "\U0001f3a8"]
    )
    def test_an_address_is_of_a_file_whatever_its_name(
        self, media: Bucket, stranger: Stranger, path: str, name: str
    ) -> None:
        path = f"{path.partition('[')[0]}/{name}.png"
        assert stranger.upload(media.upload_address(path, "image/png", BYTES_MAX, HOUR_S), b"mine")
        assert media.list(path).keys() == {path}
        assert stranger.get(media.read_address(path, HOUR_S)) == b"mine"

    def test_what_was_uploaded_is_copied_like_any_file(
        self, media: Bucket, stranger: Stranger, path: str
    ) -> None:
        stranger.upload(media.upload_address(f"{path}.s", "image/png", BYTES_MAX, HOUR_S), b"mine")
        assert media.copy(media.uri(f"{path}.s"), path, "image/png", "a-token")
        assert media.load(path) == b"mine"

    def test_an_address_is_not_shown_by_accident(self, media: Bucket, path: str) -> None:
        address = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        assert address.url not in repr(address)

    @pytest.mark.usefixtures("checks")
    def test_another_type_is_not_taken(self, media: Bucket, stranger: Stranger, path: str) -> None:
        address = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        assert not stranger.put(
            address.url, {**address.headers, "Content-Type": "text/html"}, b"<script>"
        )
        assert not media.exists(path)

    @pytest.mark.usefixtures("checks")
    def test_more_than_was_agreed_is_not_taken(
        self, media: Bucket, stranger: Stranger, path: str
    ) -> None:
        address = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        longer = {**address.headers, "x-goog-content-length-range": "0,9999"}
        without = {"Content-Type": "image/png"}
        for headers in (address.headers, longer, without):
            assert not stranger.put(address.url, headers, bytes(BYTES_MAX + 1))
        assert not media.exists(path)
        assert stranger.upload(address, bytes(BYTES_MAX))

    @pytest.mark.usefixtures("checks")
    def test_an_address_is_good_for_one_file_only(
        self, media: Bucket, save: Upload, stranger: Stranger, path: str
    ) -> None:
        save(f"{path}2", b"theirs")
        upload = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        there, other = ".png?", ".png2?"
        assert not stranger.put(upload.url.replace(there, other), upload.headers, b"forged")
        assert stranger.get(media.read_address(path, HOUR_S).replace(there, other)) is None
        assert media.load(f"{path}2") == b"theirs"

    @pytest.mark.usefixtures("checks")
    def test_an_address_is_good_for_one_thing_only(
        self, media: Bucket, save: Upload, stranger: Stranger, path: str
    ) -> None:
        save(path, b"mine")
        upload = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        assert stranger.get(upload.url) is None
        assert not stranger.put(media.read_address(path, HOUR_S), upload.headers, b"forged")
        assert not stranger.put(media.read_address(path, HOUR_S), {}, b"forged")
        assert media.load(path) == b"mine"

    @pytest.mark.usefixtures("checks")
    def test_an_address_ends(
        self, media: Bucket, save: Upload, stranger: Stranger, path: str
    ) -> None:
        save(path, b"mine")
        upload = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        read = media.read_address(path, HOUR_S)
        stranger.wait(HOUR_S - 60)
        assert stranger.get(read) == b"mine"
        stranger.wait(61)
        assert stranger.get(read) is None
        assert not stranger.upload(upload, b"late")
        assert media.load(path) == b"mine"


def begins(media: Media, path: str) -> bytes | None:
    """Its first 16 bytes."""
    head = media.head(media.uri(path), 16)
    return head.content if head is not None else None


def break_off(media: Media, path: str) -> None:
    """Writes more than one chunk of a file, and fails."""
    with media.writing(path, "application/zip", "t") as file:
        file.write(bytes(9_000_000))
        raise ZeroDivisionError


def generation(media: Media, path: str) -> int:
    """0 where there is no file."""
    return media.list(path).get(path, 0)


def opened(media: Media, path: str) -> Opened:
    found = media.opened(path)
    assert found is not None
    return found
