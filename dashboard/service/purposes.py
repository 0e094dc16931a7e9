"""What the networks that can be chosen were made for, and whether they have learned from a pair that is open."""

from __future__ import annotations

from dashboard.service.network_pool import NetworkPool
from dashboard.service.pair_changes import plain_id
from fusion import CardedNetwork
from fusion.method.purpose import Purpose, made_for, purpose


def purpose_of(pool: NetworkPool, network: str) -> Purpose:
    """What ``network`` was made for: by its model card, or a brought one by its own.

    Raises
    ------
    InputError
        There is no such network, or a brought one cannot be used.
    """
    name = pool.name_of(network)
    if name not in pool.own:
        return purpose(name, pool.folder)
    module, _ = pool.unmeasured(name)
    return made_for(*module.card.made_for) if isinstance(module, CardedNetwork) else Purpose()


def case_address(pair_id: str) -> tuple[str, str]:
    """The collection and the title of a pair by its id, however it is changed; generated pairs belong to none.

    Examples
    --------
    >>> case_address("mri_pet/25045~move=1,0,0"), case_address("phantom-3")
    (('mri_pet', '25045'), ('', 'phantom-3'))
    """
    pair_id = plain_id(pair_id)
    collection, slash, title = pair_id.partition("/")
    return (collection, title) if slash else ("", pair_id)
