"""A DAG of Airflow 3, for a worker on the machine where the job's folder lies."""

import json

from importer.jobs.schedules.schedule import Recipe, Schedule


def recipe(schedule: Schedule) -> Recipe:
    """Return the DAG."""
    before = [f"The worker is the machine on which {schedule.folder} lies."]
    imported, key = "", ""
    if schedule.key_file is not None:
        before.append("The key is the password of a connection that is called voxpria.")
        imported = "Connection, "
        key = f'\n        env["{schedule.key_variable}"] = Connection.get("voxpria").password'
    file = f"{schedule.name}.py"
    text = f'''\
"""The job {schedule.job.name} of importer. It is taken back by removing this file from the folder of DAGs."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

from airflow.sdk import {imported}dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

COMMAND = {json.dumps(schedule.command)}
ENVIRONMENT = {json.dumps(schedule.variables)}


@dag(
    {json.dumps(schedule.name)},
    schedule="{schedule.cron}",  # UTC
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
)
def importer_job():
    @task(retries=6, retry_delay=timedelta(minutes=10))
    def start():
        env = os.environ | ENVIRONMENT{key}
        code = subprocess.run(COMMAND, cwd={json.dumps(str(schedule.folder))}, env=env).returncode
        if code in (3, 8):
            raise AirflowSkipException("some rows are errored" if code == 3 else "another start is under way")
        if code == 4:
            raise AirflowException("stopped: the next try goes on with what is left")
        if code:  # for a person: another try would find nothing to do, and hide it
            raise AirflowFailException(f"exit code {{code}}: importer docs exit-codes")

    start()


importer_job()
'''
    do, undo = f"put it into the folder of DAGs as {file}", f"remove {file} from the folder of DAGs"
    return Recipe(text, before, [do], [undo])
