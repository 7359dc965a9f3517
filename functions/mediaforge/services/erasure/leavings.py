"""Deletes what is a user's: their documents, and their files. Each is found by the user's id, so that what
was forgotten, or came late, is found again."""

from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import exports, uploads
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Transaction
from mediaforge.services.erasure.books import entries_of, unname
from mediaforge.services.erasure.erasing import Erasing
from mediaforge.services.jobs.clean import clean_up
from mediaforge.services.library import belongings

_ENDS = ("hold", "release")


def erase_made(erasing: Erasing, job: Job) -> int:
    """Deletes what a settled job has made, its brand included, and all that shows it. Its numbers stay: other
    books may rest on them. Returns how many jobs that were."""
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        erasing.delete_files(_brand_folder(job.brand_id))

    def work(tx: Transaction, _: Account) -> Job | None:
        found = tx.get(at.job(job.id))
        if found is None or found.deleted_at is not None or not found.is_settled:
            return None
        deleted = states.delete(found, erasing.backend.clock.now(), erasing.backend.timing)
        tx.put(at.job(job.id), deleted)
        tx.delete(at.view(found))
        tx.delete(at.dead_letter(job.id))
        if found.kind is JobKind.TRAINING and found.brand_id is not None:
            tx.delete(at.brand(found.brand_id))
        return deleted

    deleted = erasing.commit(work)
    if deleted is not None:
        clean_up(erasing.backend, [deleted])
    return deleted is not None


def _brand_folder(brand_id: str) -> str:
    """The folder of a brand's weights, and of the copies that it was trained on."""
    return f"brands/{brand_id}/"


def erase_belongings(erasing: Erasing) -> int:
    """Deletes the user's documents. Returns how many were found."""
    uid = erasing.uid
    found = _erase_batches(erasing) + _erase_brands(erasing) + _erase_comparisons(erasing)
    for query in (*belongings.own_views(uid), *belongings.own_writings(uid)):
        found += erasing.delete_all(query)
    return found + erasing.delete_all(belongings.own_exports(uid), at.export_due)


def _erase_batches(erasing: Erasing) -> int:
    """Each with all that lies below it; itself last, so that it is found until then."""
    erased = 0
    while ids := erasing.backend.documents.find_ids(belongings.own_batches(erasing.uid)):
        for batch_id in ids:
            _unname_holds(erasing, batch_id)
            for below in belongings.below_batch(batch_id):
                erasing.delete_all(below)
            erasing.delete([at.batch(batch_id)])
        erased += len(ids)
    return erased


def _unname_holds(erasing: Erasing, batch_id: str) -> None:
    """The entries of a team's batch stay in the team's books."""

    def work(tx: Transaction, _: Account) -> None:
        batch = tx.get(at.as_stored(at.batch(batch_id))) or {}
        account_id, entries = batch.get("account_id"), batch.get("entries")
        if not batch.get("team_id") or not isinstance(account_id, str):
            return
        numbers = range(entries if isinstance(entries, int) else 0)
        names = ["hold", "release", *(f"{end}:{n}" for end in _ENDS for n in numbers)]
        of_batch = [f"{batch_id}:{name}{owed}" for name in names for owed in ("", ":owed")]
        unname(tx, entries_of(tx, account_id, of_batch), erasing.uid)

    erasing.commit(work)


def _erase_brands(erasing: Erasing) -> int:
    """Those whose job is gone: the others went with it."""
    erased = 0
    while ids := erasing.backend.documents.find_ids(belongings.own_brands(erasing.uid)):
        for brand_id in ids:
            erasing.delete_files(_brand_folder(brand_id))
        erased += erasing.delete(at.brand(brand_id) for brand_id in ids)
    return erased


def _erase_comparisons(erasing: Erasing) -> int:
    erased = 0
    while ids := erasing.backend.documents.find_ids(belongings.own_comparisons(erasing.uid)):
        for comparison_id in ids:
            erasing.delete_all(belongings.own_votes_on(comparison_id))
        erased += erasing.delete(belongings.document(f"{at.COMPARISONS}/{each}") for each in ids)
    return erased


def erase_files(erasing: Erasing) -> int:
    """Deletes all files below the user's id. Returns how many were found."""
    uid = erasing.uid
    folders = (
        f"generating/{uid}/",
        uploads.folder_of(uid),
        uploads.thumbnails_of(uid),
        f"{exports.FOLDER}/{uid}/",
    )
    return sum(erasing.delete_files(folder) for folder in folders)
