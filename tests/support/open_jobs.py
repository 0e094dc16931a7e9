"""How much of a queue's work is left, as a test looks at it."""


def open_jobs(jobs, kind):
    """How many jobs of a kind are not finished."""
    with jobs._changed:
        return sum(job.is_open for job in jobs._jobs.values() if job.kind is kind)
