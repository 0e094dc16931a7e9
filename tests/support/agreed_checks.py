"""A service for tests of what comes after the check of crops on a pair: queues, records, restarts.

The check compares sixty-six pixels twice, which is most of what a small slice's guidance takes. That it is made,
and what follows from it, is what ``test_pair_checks.py`` looks at.
"""

from dashboard.service import pair_checks
from saliency.derivatives.guidance_order import nowhere


class AgreedChecks(pair_checks.PairChecks):
    """Crops agree on every pair, unseen."""

    def crops_agree(self, fused_pair):
        return True

    def guidance_stream(self, fused_pair, image, so_far=None, wanted=nowhere):
        network, pair = fused_pair.loaded.network, fused_pair.pair
        return pair_checks.guidance_stream(network, pair, so_far=so_far, wanted=wanted, image=image)


def take_as_agreed(service):
    """Let a service that is a test's own take crops to agree with whole images."""
    service._checks = AgreedChecks()
