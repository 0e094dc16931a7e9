"""What a search finds among a test's files: the one volume, or the one sentence of why there is none."""

from fusion.data.volumes.found_volumes import find_volumes


def only(files, reader):
    """The volume that ``files`` hold, and nothing refused."""
    found = find_volumes(files, reader)
    assert not found.refused
    assert len(found) == 1
    return found[0]


def refusal(file, reader):
    """Why a file is no volume: one sentence that begins with its path."""
    found = find_volumes([file], reader)
    assert len(found) == 0
    (refused,) = found.refused
    assert refused.files == (file,)
    assert refused.reason.startswith(str(file))
    assert "\n" not in refused.reason
    return refused.reason
