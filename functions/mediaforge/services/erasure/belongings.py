"""What is a user's: their documents, and their files. Each is found by the user's id, so that what was
forgotten, or came late, is found again."""

from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import exports, uploads
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.erasure.books import entries_of, unname
from mediaforge.services.erasure.erasing import PAGE, Erasing
from mediaforge.services.jobs.clean import clean_up

_NEWEST = ("-created_at",)
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
    uid, own = erasing.uid, (("user_id", "==", erasing.uid),)
    found = _erase_batches(erasing) + _erase_brands(erasing) + _erase_comparisons(erasing)
    for kind in JobKind:
        found += erasing.delete_all(Query(f"generations/{uid}/{kind.plural}", limit=PAGE))
    for query in (
        Query("reference_packs", own, _NEWEST, PAGE),
        Query("templates", own, _NEWEST, PAGE),
        Query("comments", own, limit=PAGE, is_group=True),
        Query("votes", own, limit=PAGE, is_group=True),
        Query(at.DIRECTIONS, (("account_id", "==", erasing.account_id),), limit=PAGE),
        Query(at.uploads(uid), limit=PAGE),
    ):
        found += erasing.delete_all(query)
    found += erasing.delete_all(Query(at.exports(uid), limit=PAGE), at.export_due)
    return found


def _erase_batches(erasing: Erasing) -> int:
    """Each with all that lies below it; itself last, so that it is found until then."""
    own, erased = (("user_id", "==", erasing.uid),), 0
    batches = Query(at.BATCHES, own, _NEWEST, PAGE)
    while ids := erasing.backend.documents.find_ids(batches):
        for batch_id in ids:
            _unname_holds(erasing, batch_id)
            for below in (
                Query(at.rows(batch_id), limit=PAGE),
                Query(at.comments(batch_id), limit=PAGE),
                Query(at.shares(batch_id), limit=PAGE),
                Query(at.share_invites(batch_id), limit=PAGE),
            ):
                erasing.delete_all(below)
            erasing.delete([at.batch(batch_id)])
        erased += len(ids)
    return erased


def _unname_holds(erasing: Erasing, batch_id: str) -> None:
    """The entries of a team's batch stay in the team's books."""

    def work(tx: Transaction, _: Account) -> None:
        batch = tx.get(at.batch(batch_id))
        if batch is None or batch.team_id is None:
            return
        names = ["hold", "release", *(f"{end}:{n}" for end in _ENDS for n in range(batch.entries))]
        of_batch = [f"{batch_id}:{name}{owed}" for name in names for owed in ("", ":owed")]
        unname(tx, entries_of(tx, batch.account_id, of_batch), erasing.uid)

    erasing.commit(work)


def _erase_brands(erasing: Erasing) -> int:
    """Those whose job is gone: the others went with it."""
    own, erased = (("user_id", "==", erasing.uid),), 0
    brands = Query("brands", own, limit=PAGE)
    while ids := erasing.backend.documents.find_ids(brands):
        for brand_id in ids:
            erasing.delete_files(_brand_folder(brand_id))
        erased += erasing.delete(at.brand(brand_id) for brand_id in ids)
    return erased


def _erase_comparisons(erasing: Erasing) -> int:
    own, erased = (("user_id", "==", erasing.uid),), 0
    comparisons = Query("comparisons", own, _NEWEST, PAGE)
    while ids := erasing.backend.documents.find_ids(comparisons):
        for comparison_id in ids:
            erasing.delete_all(Query(at.votes(comparison_id), limit=PAGE))
        erased += erasing.delete(at.stored(f"comparisons/{each}") for each in ids)
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
