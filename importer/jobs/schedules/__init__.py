"""Who starts a job: one file a scheduler, each with ``recipe(schedule)``, for ``cli/job_install.py``."""
